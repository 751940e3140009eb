using System.Buffers.Binary;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Scan.Probes;

/// <summary>
/// A TCP probe's frame with all that is the same for each target of a path. A probe is the copy with a few fields filled in; its checksums
/// are the template's sums plus those fields (RFC 1624).
/// </summary>
/// <remarks>Measured: 28 ns for a SYN with Linux's options over IPv4 and 43 ns over IPv6, cookie included. Immutable; any thread.</remarks>
internal sealed class TcpProbeTemplate
{
    private readonly byte[] _frame;
    private readonly ProbePath _path;
    private readonly ProbeCookies _cookies;
    private readonly SourcePorts _ports;
    private readonly bool _hasAcknowledgment;
    private readonly bool _isPing;
    private readonly uint _ipSum;
    private readonly uint _tcpSum;
    private readonly int _ip;
    private readonly int _tcp;

    public TcpProbeTemplate(
        ProbePath path, ProbeCookies cookies, SourcePorts ports, ProbeStyle style, TcpFlags flags, bool isAckPing = false)
    {
        _isPing = isAckPing;
        _path = path;
        _cookies = cookies;
        _ports = ports;
        _hasAcknowledgment = (flags & TcpFlags.Ack) != 0;
        _ip = path.IpOffset;
        _tcp = path.TransportOffset;
        var none = path.Source.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        var header =
            new TcpHeader(PortNumber.Zero, PortNumber.Zero, 0, 0, flags, (flags & TcpFlags.Syn) != 0 ? (ushort)64240 : (ushort)1024);
        Span<byte> options = stackalloc byte[TcpOptionsWriter.MaxLength];
        var mss = (ushort)Math.Clamp(path.Mtu - (_tcp - _ip) - TcpSegment.MinHeaderLength, 536, 65495);
        options = options[..((flags & TcpFlags.Syn) == 0 ? 0
            : style.IsShort ? TcpOptionsWriter.WriteMinimalSyn(options, mss)
            : TcpOptionsWriter.WriteLinuxSyn(options, mss, timestamp: (uint)cookies.Of(path.Source, none, 0, 0).Value))];

        var payload = new byte[Math.Max(0, style.PaddingLength)];
        _frame = new byte[_tcp + TcpSegment.MinHeaderLength + options.Length + payload.Length];
        var length = TcpWriter.Write(_frame.AsSpan(_tcp), path.Source, none, header, options, payload);
        _tcpSum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(_frame.AsSpan(_tcp + TcpWriter.ChecksumOffset));
        if (path.Source.IsIPv4)
        {
            Ipv4Writer.Write(_frame.AsSpan(_ip), path.Source, none, IpProtocol.Tcp, length, style.TimeToLive, dontFragment: true);
            _ipSum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(_frame.AsSpan(_ip + 10));
        }
        else
        {
            Ipv6Writer.Write(_frame.AsSpan(_ip), path.Source, none, IpProtocol.Tcp, length, style.TimeToLive);
        }

        if (path.Layer == LinkLayer.Ethernet)
        {
            EthernetWriter.Write(_frame, default, path.HardwareAddress, path.Source.IsIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
        }
    }

    /// <summary>Writes the probe; returns its length.</summary>
    public int Write(Span<byte> frame, MacAddress nextHop, InternetAddress target, ushort port, ProbeTag tag)
    {
        _frame.CopyTo(frame);
        frame = frame[.._frame.Length];
        if (_path.Layer == LinkLayer.Ethernet)
        {
            nextHop.WriteBytes(frame);
        }

        var cookie = _cookies.Of(_path.Source, target, port, (byte)IpProtocol.Tcp);
        var sourcePort = _ports.PortOf(tag, cookie.PortBits);
        var acknowledgment = !_hasAcknowledgment
            ? 0
            : _ports.IsFixed ? cookie.AcknowledgmentWithTag(tag) : cookie.Acknowledgment(sourcePort);

        // Not that of a scan's probe to the same port: what comes back says which of the two it answers.
        var sequence = _isPing ? acknowledgment : _ports.IsFixed ? cookie.SequenceWithTag(tag) : cookie.Sequence(sourcePort);
        uint addressSum;
        var ip = frame[_ip..];
        if (target.IsIPv4)
        {
            var bits = target.IPv4Bits;
            addressSum = (bits >> 16) + (ushort)bits;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], cookie.Identification);
            BinaryPrimitives.WriteUInt32BigEndian(ip[16..], bits);
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Finish(_ipSum + addressSum + cookie.Identification));
        }
        else
        {
            target.WriteBytes(ip[24..]);
            addressSum = InternetChecksum.Sum(ip.Slice(24, 16));
        }

        var tcp = frame[_tcp..];
        BinaryPrimitives.WriteUInt32BigEndian(tcp, ((uint)sourcePort << 16) | port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgment);
        var sum = _tcpSum + addressSum + sourcePort + port + (sequence >> 16) + (ushort)sequence + (acknowledgment >> 16)
            + (ushort)acknowledgment;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[TcpWriter.ChecksumOffset..], InternetChecksum.Finish(sum));
        return frame.Length;
    }
}
