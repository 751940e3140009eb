using System.Globalization;
using System.Text;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>What <c>n</c>, <c>m</c> and <c>u</c> stand for.</summary>
internal readonly record struct ScriptNumbers(uint Next, uint Sent, uint Acknowledged);

/// <summary>What came of a script.</summary>
/// <param name="Steps">Of each line.</param>
/// <param name="Numbers">What its numbers were at each line.</param>
/// <param name="WasQuick">Whether no timer can have gone off outside of its pauses.</param>
internal sealed record ScriptRun(IReadOnlyList<ScriptStep> Steps, IReadOnlyList<ScriptNumbers> Numbers, bool WasQuick);

/// <summary>
/// Plays a script to a host. A line is a call (<c>listen</c>, <c>connect</c>, <c>accept</c>, <c>write 100</c>, <c>read</c>,
/// <c>shutdown</c>, <c>close</c>, <c>abort</c>, and with Fast Open <c>listen fast</c> and <c>connect 100</c>, with so many bytes of text),
/// a pause (<c>wait 50</c>, milliseconds), <c>fill</c>, or a segment of the peer: <c>&lt; FLAGS KEY=VALUE…</c>.
/// </summary>
/// <remarks>
/// Flags are letters (S, F, R, P, U, E, W, and a dot for ACK). Keys: <c>seq</c>, <c>ack</c>, <c>len</c>, <c>win</c>, <c>urg</c>,
/// <c>mss</c>, <c>ws</c>, <c>sackok</c>, <c>fo</c> (a Fast Open cookie in hexadecimal, <c>ask</c> for one, or <c>cookie</c> for the one
/// that the host gave last), <c>ts</c> (the value; <c>ecr</c> is the last one seen unless it is written), <c>sack=FROM:TO</c>. Numbers
/// count from the initial ones; <c>n</c> is the next that the host awaits as far as it has said, <c>m</c> the one after all it has sent,
/// <c>u</c> the last that the script acknowledged. <c>fill</c> sends full segments until the host's window is shut, and lets the peer's
/// numbers begin anew, for windows differ in size.
/// </remarks>
internal sealed partial class ScriptPlayer(IScriptHost host, ushort localPort, ushort peerPort)
{
    private const uint PeerInitial = 0xffff_fc00;

    /// <summary>What numbers are relative to while the host has not said any.</summary>
    private const uint UnknownInitial = 0x5000_0000;

    private const int FillLength = 1448;

    private readonly byte[] _packet = new byte[2048];
    private uint _peerOrigin = PeerInitial;
    private uint _hostOrigin = UnknownInitial;
    private bool _knowsOrigin;
    private bool _hasShift;
    private int _hostShift = -1;
    private uint _next;
    private uint _sent;
    private uint _acknowledged;
    private uint _timestamp;
    private byte[] _cookie = [];
    private uint _edge;
    private uint _filled;
    private uint _toldNext;
    private (uint Start, uint End, int Acknowledges) _lastNumbers;

    /// <summary>Plays all lines.</summary>
    /// <param name="script">The lines.</param>
    /// <param name="numbers">What <c>n</c>, <c>m</c> and <c>u</c> are at each line: those of another host that was there first, so that
    /// both get the same segments.</param>
    internal ScriptRun Play(IReadOnlyList<string> script, IReadOnlyList<ScriptNumbers>? numbers = null)
    {
        host.Begin(localPort, peerPort);
        var (steps, own) = (new List<ScriptStep>(), new List<ScriptNumbers>());
        for (var i = 0; i < script.Count; i++)
        {
            own.Add(new ScriptNumbers(_next, _sent, _acknowledged));
            if (numbers is not null)
            {
                (_next, _sent, _acknowledged) = numbers[i];
            }

            steps.Add(Step(script[i]));
        }

        return new ScriptRun(steps, own, host.End());
    }

    private ScriptStep Step(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var result = "";
        var inner = host.Inner;
        var told = _toldNext;
        _lastNumbers = default;
        switch (words[0])
        {
            case "listen":
                host.Listen(words is [_, "fast"]);
                break;
            case "connect":
                host.Connect(words.Length > 1 ? int.Parse(words[1], CultureInfo.InvariantCulture) : null);
                break;
            case "accept":
                result = host.Accept() ? "accepted" : "none to accept";
                break;
            case "write":
                result = host.Write(int.Parse(words[1], CultureInfo.InvariantCulture));
                break;
            case "read":
                result = Without(host.Read(), ref _filled);
                break;
            case "shutdown":
                host.ShutdownWrite();
                break;
            case "close":
                host.Close();
                break;
            case "abort":
                host.Abort();
                break;
            case "wait":
                host.Wait(TimeSpan.FromMilliseconds(int.Parse(words[1], CultureInfo.InvariantCulture)));
                break;
            case "fill":
                return new ScriptStep(line, Fill(), host.State, inner, told, default, []);
            case "<":
                Inject(words[1], words[2..]);
                break;
            default:
                throw new ArgumentException($"no such line of a script: {line}", nameof(line));
        }

        return new ScriptStep(line, result, host.State, inner, told, _lastNumbers, Take());
    }

    /// <summary>What was read, without what filled the window: that differs.</summary>
    private static string Without(string result, ref uint filled)
    {
        var comma = result.IndexOf(',', StringComparison.Ordinal);
        if (filled == 0 || comma < 0)
        {
            return result;
        }

        var count = int.Parse(result[..comma], CultureInfo.InvariantCulture) - (int)filled;
        filled = 0;
        return $"{count}{result[comma..]}";
    }

    private string Fill()
    {
        for (var i = 0; i < 1000; i++)
        {
            // Up to the right edge and not beyond it.
            var room = (int)(_edge - _next);
            if (room <= 0)
            {
                // What is not acknowledged yet is now.
                Inject(".", ["seq=n-100000", "ack=m"]);
                Take();
                _filled = _next - 1;
                _peerOrigin += _next - 1;
                (_edge, _next, _toldNext) = (1, 1, 1);
                return "the window is shut";
            }

            var before = _next;
            var length = Math.Min(room, FillLength);
            Inject(".", ["seq=n", "ack=m", $"len={length}"]);
            Take();

            // A host may acknowledge every second segment only.
            _next = _next == before ? _next + (uint)length : _next;
        }

        return "the window does not shut";
    }

    private List<SeenSegment> Take()
    {
        var seen = new List<SeenSegment>();
        foreach (var frame in host.Take())
        {
            if (Ipv4Packet.TryRead(frame, out var packet) && packet.Protocol == IpProtocol.Tcp
                && TcpSegment.TryRead(packet.Payload, out var segment)
                && segment.SourcePort.Value == localPort && segment.DestinationPort.Value == peerPort)
            {
                Assert.True(segment.HasValidChecksum(packet.Source, packet.Destination));
                seen.Add(Read(packet, segment));
            }
        }

        return seen;
    }

    private SeenSegment Read(in Ipv4Packet packet, in TcpSegment segment)
    {
        var flags = segment.Flags;
        var isReset = (flags & TcpFlags.Rst) != 0;
        var isSyn = (flags & TcpFlags.Syn) != 0;
        if (isSyn)
        {
            (_hostOrigin, _knowsOrigin) = (segment.Sequence, true);
            _hostShift = segment.Options.WindowScale ?? -1;
        }

        var sequence = segment.Sequence - _hostOrigin;
        var acknowledgment = segment.Acknowledgment - _peerOrigin;
        if (isSyn && (flags & TcpFlags.Ack) != 0)
        {
            (_next, _toldNext) = (acknowledgment, acknowledgment);
        }

        var isNews = false;
        if (!isReset && (flags & TcpFlags.Ack) != 0)
        {
            isNews = (int)(acknowledgment - _toldNext) > 0;
            _toldNext = isNews ? acknowledgment : _toldNext;
        }

        if (!isReset)
        {
            var end = sequence + (uint)segment.SequenceLength;
            _sent = (int)(end - _sent) > 0 ? end : _sent;
            _next = (flags & TcpFlags.Ack) != 0 && (int)(acknowledgment - _next) > 0 ? acknowledgment : _next;
        }

        var text = new StringBuilder();
        text.Append($"{flags} ".Replace(", ", "+", StringComparison.Ordinal));

        // An RST to what had no ACK has the number 0 itself.
        text.Append(isReset && segment.Sequence == 0 ? "seq zero" : _knowsOrigin || isReset ? $"seq {(int)sequence}" : "seq ?");
        text.Append((flags & TcpFlags.Ack) != 0 ? $" ack {(int)acknowledgment}" : "").Append($" len {segment.Payload.Length} ");
        text.Append((flags & TcpFlags.Urg) != 0 ? $"urg {segment.UrgentPointer} " : "").Append(Options(segment));
        text.Append($"ttl {packet.TimeToLive}{(packet.DontFragment ? " df" : "")}{((packet.TypeOfService & 3) != 0 ? " ect" : "")}");
        var window = (long)segment.Window << (!isSyn && _hasShift && _hostShift > 0 ? _hostShift : 0);
        if ((flags & (TcpFlags.Ack | TcpFlags.Rst)) == TcpFlags.Ack)
        {
            _edge = (uint)(acknowledgment + window);
        }

        return new SeenSegment(flags, segment.Payload.Length, $"{text}", window, isNews);
    }

    private string Options(in TcpSegment segment)
    {
        var text = new StringBuilder();
        foreach (var option in segment.Options)
        {
            switch (option.Kind)
            {
                case TcpOptionKind.Timestamps when segment.Options.TryReadTimestamps(out var value, out var echo):
                    _timestamp = value;
                    text.Append($"ts ecr {echo} ");
                    break;
                case TcpOptionKind.Sack:
                    var blocks = segment.Options.SackBlocks;
                    for (var i = 0; i < blocks.Count; i++)
                    {
                        text.Append($"sack {(int)(blocks[i].Start - _peerOrigin)}:{(int)(blocks[i].End - _peerOrigin)} ");
                    }

                    break;
                case TcpOptionKind.MaximumSegmentSize:
                    text.Append($"mss {segment.Options.MaximumSegmentSize} ");
                    break;
                case TcpOptionKind.WindowScale:
                    text.Append($"ws {segment.Options.WindowScale} ");
                    break;
                case TcpOptionKind.FastOpen:
                    _cookie = option.Data.ToArray();
                    text.Append($"{option.Kind} {option.Data.Length} ");
                    break;
                default:
                    text.Append($"{option.Kind} ");
                    break;
            }
        }

        return $"{text}";
    }

    private static InternetAddress Address(System.Net.IPAddress address) => InternetAddress.FromBytes(address.GetAddressBytes());
}
