// Servers to be judged: a goroutine for each connection. Prints its port.
//
// goroutines  PING ECHO SET(PX) GET DEL DBSIZE, expiry lazy and active, and DEBUG SLEEP
// own-map     fault: each connection has a keyspace of its own; no DEBUG
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

type value struct {
	text string
	due  time.Time
}

func (v value) isOver() bool { return !v.due.IsZero() && !time.Now().Before(v.due) }

type store struct {
	sync.Mutex
	values map[string]value
}

func newStore() *store { return &store{values: map[string]value{}} }

func (s *store) expire() {
	for range time.Tick(100 * time.Millisecond) {
		s.Lock()
		for key, each := range s.values {
			if each.isOver() {
				delete(s.values, key)
			}
		}
		s.Unlock()
	}
}

func (s *store) execute(argv []string) string {
	name := strings.ToUpper(argv[0])
	if name == "DEBUG" && len(argv) == 3 && os.Args[1] == "goroutines" {
		seconds, _ := strconv.ParseFloat(argv[2], 64)
		time.Sleep(time.Duration(seconds * float64(time.Second)))
		return "+OK\r\n"
	}
	s.Lock()
	defer s.Unlock()
	switch {
	case name == "PING":
		return "+PONG\r\n"
	case name == "ECHO" && len(argv) == 2:
		return bulk(argv[1])
	case name == "SET" && len(argv) >= 3:
		set := value{text: argv[2]}
		if len(argv) == 5 {
			ms, _ := strconv.Atoi(argv[4])
			set.due = time.Now().Add(time.Duration(ms) * time.Millisecond)
		}
		s.values[argv[1]] = set
		return "+OK\r\n"
	case name == "GET" && len(argv) == 2:
		got, found := s.values[argv[1]]
		if !found || got.isOver() {
			return "$-1\r\n"
		}
		return bulk(got.text)
	case name == "DEL" && len(argv) == 2:
		delete(s.values, argv[1])
		return ":1\r\n"
	case name == "DBSIZE":
		return fmt.Sprintf(":%d\r\n", len(s.values))
	}
	return "-ERR unknown command\r\n"
}

func bulk(text string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(text), text) }

func number(in *bufio.Reader) (int, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line)[1:])
}

func request(in *bufio.Reader) ([]string, error) {
	count, err := number(in)
	argv := make([]string, count)
	for i := 0; i < count && err == nil; i++ {
		var length int
		if length, err = number(in); err != nil {
			break
		}
		word := make([]byte, length+2)
		_, err = io.ReadFull(in, word)
		argv[i] = string(word[:length])
	}
	return argv, err
}

func serve(client net.Conn, s *store) {
	defer client.Close()
	in, out := bufio.NewReader(client), bufio.NewWriter(client)
	for {
		argv, err := request(in)
		if err != nil {
			return
		}
		out.WriteString(s.execute(argv))
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	shared := newStore()
	go shared.expire()
	for {
		client, err := listener.Accept()
		if err != nil {
			continue
		}
		keys := shared
		if os.Args[1] == "own-map" {
			keys = newStore()
		}
		go serve(client, keys)
	}
}
