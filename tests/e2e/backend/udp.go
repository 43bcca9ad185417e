// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"net"
	"syscall"
	"unsafe"
)

// serveUDP answers each datagram with what it saw. One socket serves all addresses,
// so the asked one comes from, and goes back in, the packet information.
func serveUDP(port int, j *journal) error {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port})
	if err != nil {
		return err
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	err = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1)
	})
	if err != nil {
		return err
	}

	go func() {
		buffer := make([]byte, 65536)
		control := make([]byte, 1024)
		for {
			n, controlLength, _, from, err := socket.ReadMsgUDP(buffer, control)
			if err != nil {
				return
			}
			address, reply := packetInfo(control[:controlLength])
			s := seen{Address: address, Port: port, Proto: "UDP", Body: int64(n), Path: string(buffer[:n])}
			j.add(s)
			text, _ := json.Marshal(s)
			_, _, _ = socket.WriteMsgUDP(text, reply, from)
		}
	}()

	return nil
}

// packetInfo returns the address that was asked, and the control message that answers from it.
func packetInfo(control []byte) (string, []byte) {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return "", nil
	}
	for _, message := range messages {
		if message.Header.Level != syscall.IPPROTO_IP || message.Header.Type != syscall.IP_PKTINFO {
			continue
		}
		info := (*syscall.Inet4Pktinfo)(unsafe.Pointer(&message.Data[0]))
		address := net.IP(info.Addr[:]).String()

		reply := make([]byte, syscall.CmsgSpace(syscall.SizeofInet4Pktinfo))
		header := (*syscall.Cmsghdr)(unsafe.Pointer(&reply[0]))
		header.Level = syscall.IPPROTO_IP
		header.Type = syscall.IP_PKTINFO
		header.SetLen(syscall.CmsgLen(syscall.SizeofInet4Pktinfo))
		out := (*syscall.Inet4Pktinfo)(unsafe.Pointer(&reply[syscall.CmsgLen(0)]))
		out.Spec_dst = info.Addr

		return address, reply
	}

	return "", nil
}
