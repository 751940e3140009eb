using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>Sending a batch and collecting what became of it.</summary>
internal sealed partial class RefereeLab
{
    /// <summary>Makes the connections of the packets that belong to established ones. The rules of earlier batches must be gone.</summary>
    /// <returns>The packets, each with its tag, source port and sequence numbers.</returns>
    internal RefereePacket[] Prepare(IReadOnlyList<RefereePacket> packets)
    {
        var ready = new RefereePacket[packets.Count];
        for (var i = 0; i < ready.Length; i++)
        {
            var number = (ushort)(i + 1);
            ready[i] = packets[i] with
            {
                Number = number,
                SourcePort = packets[i].SourcePort == 0 ? NextPort() : packets[i].SourcePort,
                Sequence = (uint)number << 16,
            };
        }

        // Their ends say farewell now, before there are rules.
        _accepted.ForEach(s => s.Close(0));
        _accepted.Clear();
        Trace.ForgetConnections();
        if (!Array.Exists(ready, p => p.IsEstablished))
        {
            return ready;
        }

        using var pinned = new PinnedThread();
        foreach (var packet in ready.Where(p => p.IsEstablished))
        {
            Send(packet with { Flags = TcpFlags.Syn });
        }

        var acknowledgments = new Dictionary<ushort, uint>();
        Settle((_, ip) =>
        {
            if (WireReader.TryReadReply(ip, out var key, out var reply) && reply.Kind == WireReplyKind.SynAck)
            {
                acknowledgments[key.Value] = BinaryPrimitives.ReadUInt32BigEndian(ip[(ip[0] >> 4 == 4 ? 24 : 44)..]) + 1;
            }
        }, null);
        for (var i = 0; i < ready.Length; i++)
        {
            if (ready[i] is { IsEstablished: true, Protocol: IpProtocol.Tcp } packet)
            {
                Assert.True(acknowledgments.TryGetValue(packet.SourcePort, out var acknowledgment), $"no handshake for {packet}");
                ready[i] = packet with
                {
                    Flags = TcpFlags.Psh | TcpFlags.Ack,
                    Sequence = packet.Sequence + 1,
                    Acknowledgment = acknowledgment,
                };
                Send(ready[i] with { Flags = TcpFlags.Ack });
            }
        }

        Settle(null, null);
        Trace.Drain();
        return ready;
    }

    /// <summary>Sends prepared packets and waits until the kernel is done with all of them.</summary>
    internal KernelFate[] Exchange(RefereePacket[] packets)
    {
        var fates = packets.Select(_ => new KernelFate()).ToArray();
        var keys = new Dictionary<ReplyKey, KernelFate>();
        foreach (var packet in packets)
        {
            var fate = fates[packet.Number - 1];
            keys[new ReplyKey(0, packet.Number)] = fate;
            keys[new ReplyKey(
                (byte)packet.Protocol, packet.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6 ? packet.Number : packet.SourcePort)] = fate;
        }

        // An answer of the kernel's own may have a flow label or identification that equals a tag.
        KernelFate? Tagged(ReadOnlySpan<byte> ip) =>
            WireReader.Tag(ip) is > 0 and var tag && tag <= fates.Length && WireReader.Protocol(ip) == (byte)packets[tag - 1].Protocol
                ? fates[tag - 1]
                : null;
        using (new PinnedThread())
        {
            foreach (var packet in packets)
            {
                Send(packet);
            }

            Settle(
                (_, ip) =>
                {
                    if (WireReader.TryReadReply(ip, out var key, out var reply) && keys.TryGetValue(key, out var answered))
                    {
                        answered.Replies.Add(reply);
                    }
                    else if (Tagged(ip) is { } returned)
                    {
                        returned.IsOnWire = true;
                    }
                },
                ip =>
                {
                    if (Tagged(ip) is { } fate)
                    {
                        fate.IsOnWire = true;
                    }
                });
        }

        Follow(Trace.Drain(), Tagged);
        return fates;
    }

    private ushort NextPort() => _nextPort = _nextPort == 60_000 ? (ushort)1024 : (ushort)(_nextPort + 1);

    private void Send(RefereePacket packet)
    {
        if (!packet.IsOutgoing)
        {
            _outside[packet.Cable].Send(PacketBytes.Frame(
                packet, GroupHardware(packet.Destination) ?? _hardware[packet.Cable], _outsideHardware[packet.Cable]));
            return;
        }

        try
        {
            (packet.IsIPv4 ? _raw4 : _raw6).SendTo(PacketBytes.Packet(packet), new IPEndPoint(packet.Destination.ToIPAddress(), 0));
        }
        catch (SocketException)
        {
            // A rule dropped it (EPERM), or there is no route: the trace says which.
        }
    }

    // RFC 1112 section 6.4, RFC 2464 section 7: the frame of a packet to a group is to a group too, and the kernel tells them apart by it
    // (pkttype).
    private static MacAddress? GroupHardware(InternetAddress destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        var length = destination.WriteBytes(bytes);
        return length == 4
            ? bytes[0] is >= 224 and < 240 ? MacAddress.FromBytes([0x01, 0x00, 0x5e, (byte)(bytes[1] & 0x7f), bytes[2], bytes[3]]) : null
            : bytes[0] == 0xff ? MacAddress.FromBytes([0x33, 0x33, bytes[12], bytes[13], bytes[14], bytes[15]]) : null;
    }

    private delegate KernelFate? FateOf(ReadOnlySpan<byte> ip);

    private delegate void FrameReader(int cable, ReadOnlySpan<byte> ip);

    private delegate void PacketReader(ReadOnlySpan<byte> ip);

    // The header stands in the first event of each base chain; the events up to the next header are the same packet's. At the end of a
    // chain's rules comes an event without a rule, which says that the policy is next.
    private static void Follow(List<TraceEvent> events, FateOf fateOf)
    {
        var current = new Dictionary<uint, (KernelFate? Fate, TraceEvent First)>();
        foreach (var step in events)
        {
            if (step.NetworkHeader.Length > 0)
            {
                current[step.Id] = (fateOf(step.NetworkHeader), step);
            }

            var (fate, first) = current.GetValueOrDefault(step.Id);
            if (fate is null || (step.IsRule && step.Handle == 0))
            {
                continue;
            }

            if (step.Table == OwnTable)
            {
                Finish(step, first, fate);
                continue;
            }

            fate.Steps.Add(step);
            if (step.IsDrop)
            {
                // What the target sends to itself comes in again behind postrouting.
                (fate.DroppedBy, fate.IsForwarded) = (step, false);
            }
            else if (step.IsAcceptByRule)
            {
                fate.AcceptedBy = step;
            }
        }
    }

    private static void Finish(TraceEvent step, TraceEvent first, KernelFate fate)
    {
        if (step.Chain == "tracking")
        {
            fate.TrackedAs = first.ConnectionState;
            return;
        }

        if (step.Chain is not ("input_last" or "post_last"))
        {
            return;
        }

        (var source, var destination, fate.FinalPort) = WireReader.Ends(first.NetworkHeader, first.TransportHeader);
        (fate.FinalSource, fate.FinalDestination) = (source, destination);
        if (step.Chain == "input_last")
        {
            fate.IsDelivered = true;
        }
        else
        {
            (fate.IsForwarded, fate.OutputInterface) = (true, first.OutputInterface);
        }
    }

    /// <summary>
    /// Waits until all that was sent is done with: a frame on processor N's queue is worked on after those before it, so a marker that has
    /// come through says that they are finished. It goes the way of the packets: in, to the host behind, back, and out.
    /// </summary>
    private void Settle(FrameReader? atOutside, PacketReader? atBehind)
    {
        for (var cable = 0; cable < 2; cable++)
        {
            _outside[cable].Send(Marker(_hardware[cable], _outsideHardware[cable]));
            Await(_target[cable], null);
        }

        Echo();
        _towardsBehind.Send(Marker(default, default));
        Await(_behind, frame => atBehind?.Invoke(frame.AsSpan(14)));
        Echo();
        _behind.Send(Marker(default, default));
        Await(_towardsBehind, null);
        for (var cable = 0; cable < 2; cable++)
        {
            var number = cable;
            _target[cable].Send(Marker(_outsideHardware[cable], _hardware[cable]));
            Await(_outside[cable], frame => atOutside?.Invoke(number, frame.AsSpan(14)));
        }
    }

    private static byte[] Marker(MacAddress destination, MacAddress source)
    {
        var frame = new byte[60];
        EthernetWriter.Write(frame, destination, source, (EtherType)FrameTap.MarkerType);
        return frame;
    }

    private static void Await(FrameTap tap, Action<byte[]>? onFrame)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(20))
        {
            if (tap.TryReceive() is not { } frame)
            {
                Thread.Yield();
            }
            else if (BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) == FrameTap.MarkerType)
            {
                return;
            }
            else
            {
                onFrame?.Invoke(frame);
            }
        }

        Assert.Fail("the marker was lost on its way");
    }

    private void Echo()
    {
        Span<byte> buffer = stackalloc byte[512];
        foreach (var socket in _echoes)
        {
            while (socket.Poll(0, SelectMode.SelectRead))
            {
                EndPoint from = socket.LocalEndPoint!;
                try
                {
                    var length = socket.ReceiveFrom(buffer, SocketFlags.None, ref from);
                    socket.SendTo(buffer[..length], SocketFlags.None, from);
                }
                catch (SocketException)
                {
                    // An error of an earlier answer, or the answer is not allowed out: none comes.
                }
            }
        }

        foreach (var listener in _listeners)
        {
            while (listener.Poll(0, SelectMode.SelectRead))
            {
                _accepted.Add(listener.Accept());
            }
        }
    }

    /// <summary>Keeps the thread on its processor, whose queue holds packets in order.</summary>
    private sealed partial class PinnedThread : IDisposable
    {
        private readonly byte[] _before = new byte[128];

        public PinnedThread()
        {
            _ = sched_getaffinity(0, 128, _before);
            var one = new byte[128];
            var processor = sched_getcpu();
            one[processor / 8] = (byte)(1 << (processor % 8));
            _ = sched_setaffinity(0, 128, one);
        }

        public void Dispose() => _ = sched_setaffinity(0, 128, _before);

        [LibraryImport("libc")]
        private static partial int sched_getcpu();

        [LibraryImport("libc")]
        private static partial int sched_getaffinity(int pid, nint size, byte[] mask);

        [LibraryImport("libc")]
        private static partial int sched_setaffinity(int pid, nint size, byte[] mask);
    }
}
