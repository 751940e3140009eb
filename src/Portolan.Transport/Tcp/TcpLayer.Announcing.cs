using Portolan.Model;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp.Core;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Tcp;

// Among many connections each segment finds its own in no cache, and one thing leads to the other: the table to the connection, that to its
// path, its owner and its timer. So a segment that is announced makes the first step, those announced before it the next ones; each step
// finds the memory that the one before asked for. With 100,000 connections a segment takes half as long by it, and the longest of a hundred
// differ little from the others.
internal sealed partial class TcpLayer
{
    /// <summary>Fewer connections than this are in the cache as they are.</summary>
    private const int FewConnections = 512;

    private const int Depth = 8;
    private const int CoreStep = 2;
    private const int NearStep = 4;
    private const int TimerStep = 6;

    private readonly FlowPlace[] _announced = new FlowPlace[Depth];
    private readonly TcpCore?[] _expected = new TcpCore?[Depth];
    private uint _announcements;

    bool ITransportProtocol.WantsAnnouncements => _flows.FlowCount >= FewConnections;

    void ITransportProtocol.Announce(in IpEnds ends, ReadOnlySpan<byte> packet)
    {
        var turn = _announcements++;
        _announced[turn % Depth] = packet.Length < 4 ? default : _flows.Prefetch(
            ends.Destination, new PortNumber(ReadUInt16BigEndian(packet[2..])), ends.Source, new PortNumber(ReadUInt16BigEndian(packet)),
            ends.Interface);

        var core = _flows.At(_announced[(turn - CoreStep) % Depth]);
        _expected[(turn - CoreStep) % Depth] = core;
        core?.Prefetch();
        _expected[(turn - NearStep) % Depth]?.PrefetchNear();
        if (_expected[(turn - TimerStep) % Depth]?.Owner is TcpConnection connection)
        {
            _wheel.Prefetch(connection.Id);
        }
    }
}
