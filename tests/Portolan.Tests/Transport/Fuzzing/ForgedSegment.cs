using System.Globalization;
using Portolan.Model;
using Portolan.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Tests.Transport.Fuzzing;

/// <summary>
/// Changes a packet as a <see cref="SegmentScript"/> says, and makes its checksums right again, or wrong when that is what is asked for.
/// </summary>
internal sealed class ForgedSegment
{
    private readonly InternetAddress _source;
    private readonly InternetAddress _destination;
    private readonly byte[] _header;
    private byte[] _options;
    private byte[] _payload;
    private byte _ecn;

    private ForgedSegment(InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> bytes, TcpSegment segment)
    {
        (_source, _destination) = (source, destination);
        (_header, _options, _payload) = (bytes[..TcpSegment.MinHeaderLength].ToArray(), segment.Options.Bytes.ToArray(),
            segment.Payload.ToArray());
    }

    /// <summary>Whether the checksum is to be wrong, so that nothing may come of it.</summary>
    internal bool IsDamaged { get; private set; }

    internal bool IsReset => (_header[13] & (byte)TcpFlags.Rst) != 0;

    internal bool IsError { get; private set; }

    internal PortNumber Port => new(ReadUInt16BigEndian(_header.AsSpan(2)));

    /// <summary>Makes packets of a packet: the changed one.</summary>
    /// <param name="packet">An IP packet with a whole segment.</param>
    /// <param name="changes">What is changed.</param>
    /// <param name="earlier">Earlier packets to the same host, the last first.</param>
    /// <param name="facts">What is to be known of it.</param>
    internal static byte[]? Make(byte[] packet, IEnumerable<string> changes, Func<int, byte[]?> earlier, out ForgedSegment? facts)
    {
        facts = Read(packet);
        if (facts is null)
        {
            return null;
        }

        foreach (var change in changes)
        {
            if (facts.TryMakeError(packet, change, out var error))
            {
                facts.IsError = true;
                return error;
            }

            facts.Apply(change, earlier);
        }

        return facts.Write();
    }

    private static ForgedSegment? Read(byte[] packet)
    {
        if (Ipv4Packet.TryRead(packet, out var v4) && v4.Protocol == IpProtocol.Tcp && TcpSegment.TryRead(v4.Payload, out var segment))
        {
            return new ForgedSegment(v4.Source, v4.Destination, v4.Payload, segment);
        }

        return Ipv6Packet.TryRead(packet, out var v6) && v6.Protocol == IpProtocol.Tcp && TcpSegment.TryRead(v6.Payload, out segment)
            ? new ForgedSegment(v6.Source, v6.Destination, v6.Payload, segment) : null;
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static (string Name, string Value) Split(string change)
    {
        var at = change.AsSpan().IndexOfAny("+-=");
        return at < 0 ? (change, "0") : (change[..at], change[(change[at] == '=' ? at + 1 : at)..]);
    }

    private void Add(Span<byte> field, string value) => WriteUInt32BigEndian(field, ReadUInt32BigEndian(field) + (uint)Number(value));

    private void Apply(string change, Func<int, byte[]?> earlier)
    {
        var (name, value) = Split(change);
        switch (name)
        {
            case "seq":
                Add(_header.AsSpan(4), value);
                break;
            case "ack":
                Add(_header.AsSpan(8), value);
                break;
            case "win":
                WriteUInt16BigEndian(_header.AsSpan(14), (ushort)Number(value));
                break;
            case "urg" when value != "0":
                WriteUInt16BigEndian(_header.AsSpan(18), (ushort)Number(value));
                _header[13] |= (byte)TcpFlags.Urg;
                break;
            case "port":
                WriteUInt16BigEndian(_header.AsSpan(2), (ushort)Number(value));
                break;
            case "cut":
                _payload = _payload[..Math.Min(_payload.Length, Number(value))];
                break;
            case "grow":
                _payload = [.. _payload, .. new byte[Number(value)]];
                break;
            case "splice":
                _payload = earlier(Number(value)) is { } other && Read(other) is { } read ? read._payload : _payload;
                break;
            case "tsval" or "tsecr":
                ChangeTimestamp(name == "tsval" ? 2 : 6, value);
                break;
            case "sack":
                AddBlock(value);
                break;
            case "plain":
                _options = [];
                break;
            case "option":
                var (kind, length) = (Number(value.Split('/')[0]), Number(value.Split('/')[1]));
                _options = Pad([(byte)kind, (byte)length, .. new byte[Math.Max(0, length - 2)], .. _options]);
                break;
            case "byte":
                var (place, bits) = (Number(value.Split('/')[0]), Number(value.Split('/')[1]));
                if (place >= TcpSegment.MinHeaderLength && place - TcpSegment.MinHeaderLength < _options.Length)
                {
                    _options[place - TcpSegment.MinHeaderLength] ^= (byte)bits;
                }

                break;
            case "damage":
                IsDamaged = true;
                break;
            case "ecn":
                _ecn = (byte)Number(value);
                break;
            default:
                _header[13] ^= name switch
                {
                    "fin" => 1,
                    "syn" => 2,
                    "rst" => 4,
                    "psh" => 8,
                    "ack" => 16,
                    "urg" => 32,
                    "ece" => 64,
                    _ => 128,
                };
                break;
        }
    }

    private static byte[] Pad(byte[] options)
    {
        options = options.Length > 40 ? options[..40] : options;
        return [.. options, .. new byte[(4 - (options.Length % 4)) % 4]];
    }

    private void ChangeTimestamp(int offset, string value)
    {
        for (var i = 0; i + 10 <= _options.Length; i++)
        {
            if (_options[i] == 8 && _options[i + 1] == 10)
            {
                Add(_options.AsSpan(i + offset), value);
                return;
            }
        }
    }

    /// <summary>A block that begins so far after the acknowledgment, and of a length.</summary>
    private void AddBlock(string value)
    {
        var parts = value.Split('/');
        var block = new byte[12];
        (block[0], block[1], block[2], block[3]) = (1, 1, 5, 10);
        var start = ReadUInt32BigEndian(_header.AsSpan(8)) + (uint)Number(parts[0]);
        WriteUInt32BigEndian(block.AsSpan(4), start);
        WriteUInt32BigEndian(block.AsSpan(8), start + (uint)Number(parts[1]));
        _options = Pad([.. _options, .. block]);
    }

    /// <summary>An ICMP error about what the host that gets it sent: the ends and numbers turned around.</summary>
    private bool TryMakeError(byte[] packet, string change, out byte[]? error)
    {
        var (name, value) = Split(change);
        error = null;
        if (name is not ("toobig" or "unreachable"))
        {
            return false;
        }

        var quoted = new byte[8];
        _header.AsSpan(2, 2).CopyTo(quoted);
        _header.AsSpan(0, 2).CopyTo(quoted.AsSpan(2));
        _header.AsSpan(8, 4).CopyTo(quoted.AsSpan(4));
        var isIPv4 = packet[0] >> 4 == 4;
        var body = new byte[100];
        var message = new byte[200];
        var header = isIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        _ = isIPv4
            ? Ipv4Writer.Write(body, _destination, _source, IpProtocol.Tcp, 1000, 64, 0)
            : Ipv6Writer.Write(body, _destination, _source, IpProtocol.Tcp, 1000, 64);
        quoted.CopyTo(body.AsSpan(header));
        var quote = body.AsSpan(0, header + 8);
        var length = isIPv4
            ? IcmpWriter.WriteUnreachable(
                message.AsSpan(header), name == "toobig" ? IcmpUnreachableCode.FragmentationNeeded : (IcmpUnreachableCode)Number(value),
                quote, name == "toobig" ? (ushort)Number(value) : (ushort)0)
            : Icmpv6Writer.Write(
                message.AsSpan(header), _source, _destination,
                name == "toobig" ? Icmpv6Type.PacketTooBig : Icmpv6Type.DestinationUnreachable,
                name == "toobig" ? (byte)0 : (byte)Number(value), name == "toobig" ? (uint)Number(value) : 0, quote);
        _ = isIPv4
            ? Ipv4Writer.Write(message, _source, _destination, IpProtocol.Icmp, length, 64, 0)
            : Ipv6Writer.Write(message, _source, _destination, IpProtocol.Icmpv6, length, 64);
        error = message[..(header + length)];
        return true;
    }

    private byte[] Write()
    {
        var segment = (byte[])[.. _header, .. _options, .. _payload];
        segment[12] = (byte)((TcpSegment.MinHeaderLength + _options.Length) / 4 << 4);
        WriteUInt16BigEndian(segment.AsSpan(16), 0);
        WriteUInt16BigEndian(
            segment.AsSpan(16),
            (ushort)(InternetChecksum.OfTransport(_source, _destination, IpProtocol.Tcp, segment) ^ (IsDamaged ? 0x0100 : 0)));
        var packet = new byte[(_source.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length) + segment.Length];
        var header = _source.IsIPv4
            ? Ipv4Writer.Write(packet, _source, _destination, IpProtocol.Tcp, segment.Length, 64, typeOfService: _ecn)
            : Ipv6Writer.Write(packet, _source, _destination, IpProtocol.Tcp, segment.Length, 64, trafficClass: _ecn);
        segment.CopyTo(packet, header);
        return packet;
    }
}
