package main

import (
	"io"
	"net"
	"net/url"
	"sync"
)

// proxy passes connections on to a server until they are cut.
type proxy struct {
	listener net.Listener
	target   string

	mutex sync.Mutex
	// Both ends of every living connection.
	ends map[net.Conn]bool
}

func startProxy(endpoint string) (*proxy, error) {
	server, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, target: server.Host, ends: map[net.Conn]bool{}}
	go p.accept()
	return p, nil
}

func (p *proxy) url() string { return "http://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.mutex.Lock()
		p.ends[client], p.ends[server] = true, true
		p.mutex.Unlock()
		go p.pass(client, server)
		go p.pass(server, client)
	}
}

func (p *proxy) pass(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	from.Close()
	to.Close()
	p.mutex.Lock()
	delete(p.ends, from)
	p.mutex.Unlock()
}

// cut breaks every connection; new ones are taken.
func (p *proxy) cut() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for end := range p.ends {
		end.Close()
	}
}

func (p *proxy) close() {
	p.listener.Close()
	p.cut()
}
