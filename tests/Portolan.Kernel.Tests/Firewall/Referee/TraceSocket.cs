using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>
/// Receives the kernel's trace of packets through rules (NFNLGRP_NFTRACE), with a decoder of its own, so that the referee shares nothing
/// with the judge.
/// </summary>
internal sealed class TraceSocket : IDisposable
{
    private const int NetlinkFamily = 16;
    private const int Netfilter = 12;
    private const int SolNetlink = 270;
    private const int AddMembership = 1;
    private const int TraceGroup = 9;
    private const int TraceMessage = (10 << 8) | 17;
    private const int FlushConnections = (1 << 8) | 2;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[1 << 16];

    /// <summary>Opens one in the calling thread's namespace.</summary>
    public TraceSocket()
    {
        _socket = NativeSocket.Open(NetlinkFamily, NativeSocket.Raw, Netfilter);
        _socket.Blocking = false;

        // SO_RCVBUFFORCE: a batch makes some thousand events.
        _socket.SetRawSocketOption(1, 33, BitConverter.GetBytes(32 << 20));

        // The first request binds the socket, and an unbound one receives no group.
        ForgetConnections();
        _socket.SetRawSocketOption(SolNetlink, AddMembership, BitConverter.GetBytes(TraceGroup));
    }

    /// <summary>Empties the connection tracking table.</summary>
    public void ForgetConnections()
    {
        Span<byte> request = stackalloc byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteInt16LittleEndian(request[4..], FlushConnections);
        BinaryPrimitives.WriteInt16LittleEndian(request[6..], 1);
        _socket.Send(request);
    }

    /// <summary>Takes what has come.</summary>
    public List<TraceEvent> Drain()
    {
        var events = new List<TraceEvent>();
        while (true)
        {
            var length = _socket.Receive(_buffer, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                return events;
            }

            Assert.Equal(SocketError.Success, error);
            var messages = new NetlinkMessages(_buffer.AsSpan(0, length));
            while (messages.MoveNext())
            {
                if (messages.Header.Type == TraceMessage)
                {
                    events.Add(Decode(messages.Payload));
                }
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    // linux/netfilter/nf_tables.h: enum nft_trace_attributes; numbers are in network order.
    private static TraceEvent Decode(ReadOnlySpan<byte> payload)
    {
        var result = new TraceEvent { Family = payload[0] };
        var attributes = new NetlinkAttributes(payload[4..]);
        while (attributes.MoveNext())
        {
            var value = attributes.Value;
            switch (attributes.Type)
            {
                case 1:
                    result.Table = Text(value);
                    break;
                case 2:
                    result.Chain = Text(value);
                    break;
                case 3:
                    result.Handle = BinaryPrimitives.ReadUInt64BigEndian(value);
                    break;
                case 4:
                    result.Kind = BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
                case 5:
                    result.Verdict = VerdictCode(value);
                    break;
                case 6:
                    result.Id = BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
                case 8:
                    result.NetworkHeader = value.ToArray();
                    break;
                case 9:
                    result.TransportHeader = value.ToArray();
                    break;
                case 12:
                    result.OutputInterface = BinaryPrimitives.ReadInt32BigEndian(value);
                    break;
                case 14:
                    result.Mark = BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
                case 16:
                    result.Policy = BinaryPrimitives.ReadInt32BigEndian(value);
                    break;
                case 21:
                    result.ConnectionState = BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
            }
        }

        return result;
    }

    private static int VerdictCode(ReadOnlySpan<byte> nested)
    {
        var attributes = new NetlinkAttributes(nested);
        while (attributes.MoveNext())
        {
            if (attributes.Type == 1)
            {
                return BinaryPrimitives.ReadInt32BigEndian(attributes.Value);
            }
        }

        return int.MinValue;
    }

    private static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.TrimEnd((byte)0));
}
