using System.Globalization;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Transport.Scripts;

// Segments as they are written in a script.
internal sealed partial class ScriptPlayer
{
    private void Inject(string letters, string[] keys)
    {
        var flags = letters.Aggregate(TcpFlags.None, static (all, letter) => all | letter switch
        {
            'S' => TcpFlags.Syn,
            'F' => TcpFlags.Fin,
            'R' => TcpFlags.Rst,
            'P' => TcpFlags.Psh,
            'U' => TcpFlags.Urg,
            'E' => TcpFlags.Ece,
            'W' => TcpFlags.Cwr,
            '.' => TcpFlags.Ack,
            '-' => TcpFlags.None,
            _ => throw new ArgumentException($"no flag {letter}", nameof(letters)),
        });
        var values = keys.Select(static k => k.Split('=')).ToDictionary(static k => k[0], static k => k.Length > 1 ? k[1] : "");
        var options = new byte[TcpOptionsWriter.MaxLength];
        var writer = new TcpOptionsWriter(options);
        if (values.TryGetValue("mss", out var size))
        {
            writer.AddMaximumSegmentSize((ushort)Number(size));
        }

        if (values.ContainsKey("sackok"))
        {
            writer.AddSackPermitted();
        }

        if (values.TryGetValue("ts", out var stamp))
        {
            writer.AddTimestamps((uint)Number(stamp), values.TryGetValue("ecr", out var echo) ? (uint)Number(echo) : _timestamp);
        }

        if (values.TryGetValue("ws", out var scale))
        {
            writer.AddWindowScale((byte)Number(scale));
            _hasShift |= (flags & TcpFlags.Syn) != 0;
        }

        if (values.TryGetValue("sack", out var block))
        {
            var ends = block.Split(':');
            writer.AddSackBlocks([new TcpSackBlock((uint)Number(ends[0]) + _hostOrigin, (uint)Number(ends[1]) + _hostOrigin)]);
        }

        if (values.TryGetValue("fo", out var cookie))
        {
            writer.AddFastOpen(cookie == "ask" ? [] : cookie == "cookie" ? _cookie : Convert.FromHexString(cookie));
        }

        var length = writer.Pad();
        var acknowledgment = values.TryGetValue("ack", out var ack) ? (uint)Number(ack) : 0;
        var acknowledges = (int)(acknowledgment - _acknowledged);
        if ((flags & TcpFlags.Ack) != 0 && (int)(_sent - acknowledgment) >= 0 && (int)(acknowledgment - _acknowledged) > 0)
        {
            _acknowledged = acknowledgment;
        }

        var sequence = values.TryGetValue("seq", out var seq) ? (uint)Number(seq) : 0;
        var header = new TcpHeader(
            new PortNumber(peerPort),
            new PortNumber(localPort),
            sequence + _peerOrigin,
            (flags & TcpFlags.Ack) != 0 ? acknowledgment + _hostOrigin : 0,
            flags,
            (ushort)(values.TryGetValue("win", out var window) ? Number(window) : 60_000),
            (ushort)(values.TryGetValue("urg", out var urgent) ? Number(urgent) : 0));
        var payload = new byte[values.TryGetValue("len", out var count) ? (int)Number(count) : 0];
        _lastNumbers = (sequence,
            sequence + (uint)payload.Length + ((flags & TcpFlags.Syn) != 0 ? 1u : 0) + ((flags & TcpFlags.Fin) != 0 ? 1u : 0),
            acknowledges);
        var (from, to) = (Address(IScriptHost.Peer), Address(IScriptHost.Address));
        var segment = TcpWriter.Write(_packet.AsSpan(Ipv4Writer.Length), from, to, header, options.AsSpan(0, length), payload);
        Ipv4Writer.Write(_packet, from, to, IpProtocol.Tcp, segment, dontFragment: true);
        host.Inject(_packet.AsSpan(0, Ipv4Writer.Length + segment));
    }

    private long Number(string text)
    {
        var total = 0L;
        foreach (var part in text.Replace("-", "+-", StringComparison.Ordinal).Split('+', StringSplitOptions.RemoveEmptyEntries))
        {
            total += part switch
            {
                "n" => _next,
                "m" => _sent,
                "u" => _acknowledged,
                _ => long.Parse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
            };
        }

        return total;
    }
}
