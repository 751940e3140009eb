using System.Collections.Concurrent;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine;

/// <summary>
/// The results of one host that answered: a byte for each port (state and reason), and beside it what the byte cannot hold. Ports of one
/// state and reason nearly always share TTL, evidence and the address of who said so, so that is kept once, and again only for ports that
/// differ.
/// </summary>
internal sealed class HostPage(int ports)
{
    /// <summary>
    /// Ports that differ from their like are remembered one by one up to this many: a host that varies its TTL must not fill memory.
    /// </summary>
    private const int MaxOdd = 4096;

    /// <summary>The codes of so few ports are in the page itself.</summary>
    private const int FewPorts = 8;

    // What ports of most hosts have in common; such a list never changes, so pages share it. Hosts that differ in all make lists of their
    // own.
    private static readonly ConcurrentDictionary<(byte Code, Detail Detail), (byte Code, Detail Detail)[]> Shared = new();
    private const int MostShared = 1024;

    private readonly byte[]? _codes = ports > FewPorts ? new byte[ports] : null;
    private readonly int _ports = ports;
    private ulong _fewCodes;
    private (byte Code, Detail Detail)[] _usual = [];
    private Dictionary<int, Detail>? _odd;
    private ulong[]? _unprobed;
    private int _answered;

    private readonly record struct Detail(byte TimeToLive, Evidence Evidence, InternetAddress? ReasonAddress);

    /// <summary>How many ports are answered.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Some port was not probed.</summary>
    public bool HasUnprobed => _unprobed is not null;

    /// <summary>The state and reason of a port; 0 while unanswered.</summary>
    public byte CodeOf(int port) =>
        _codes is { } codes ? Volatile.Read(ref codes[port]) : (byte)(Volatile.Read(ref _fewCodes) >> (8 * port));

    /// <summary>Packs state and reason; never 0 for a state that is known.</summary>
    public static byte Pack(PortState state, ReplyReason reason) => (byte)((int)state | ((int)reason << 3));

    public static (PortState State, ReplyReason Reason) Unpack(byte code) => ((PortState)(code & 7), (ReplyReason)(code >> 3));

    /// <summary>Keeps a result. The first stays, unless it was "filtered" and the port itself answers after all.</summary>
    /// <returns>Whether the port had no result, and whether its state is another now.</returns>
    public (bool IsFirst, bool IsChange) Record(int port, in PortResult result)
    {
        var code = Pack(result.State, result.Reason);
        var detail = new Detail(result.TimeToLive, result.Evidence, result.ReasonAddress);
        lock (this)
        {
            var before = CodeOf(port);
            if (before != 0 && !Outranks(result, port, before))
            {
                return (false, false);
            }

            _odd?.Remove(port);
            if (!IsUsual(code, detail) && (_odd is null || _odd.Count < MaxOdd || result.State == PortState.Open))
            {
                (_odd ??= [])[port] = detail;
            }

            SetCode(port, code);
            if (before != 0)
            {
                return (false, Unpack(before).State != result.State);
            }

            Volatile.Write(ref _answered, _answered + 1);
            return (true, true);
        }
    }

    /// <summary>The whole result; only for answered ports.</summary>
    public PortResult Read(int port, ProbePort name)
    {
        lock (this)
        {
            var code = CodeOf(port);
            var (state, reason) = Unpack(code);
            var detail = DetailOf(port, code);
            return new PortResult(name, state, reason, detail.TimeToLive, detail.Evidence, detail.ReasonAddress);
        }
    }

    /// <summary>Remembers that a port could not be probed.</summary>
    public void MarkUnprobed(int port)
    {
        lock (this)
        {
            (_unprobed ??= new ulong[(_ports + 63) / 64])[port >> 6] |= 1UL << port;
        }
    }

    /// <summary>Whether it could not.</summary>
    public bool IsUnprobed(int port) => _unprobed is not null && (_unprobed[port >> 6] & (1UL << port)) != 0;

    // A firewall's word about a port gives way to the port's own, and an open port's better evidence to weaker.
    private bool Outranks(in PortResult result, int port, byte before)
    {
        var (state, _) = Unpack(before);
        return state switch
        {
            PortState.Filtered or PortState.OpenFiltered => result.State is PortState.Open or PortState.Closed or PortState.Unfiltered,
            PortState.Open when result.State == PortState.Open => result.Evidence > DetailOf(port, before).Evidence,
            _ => false,
        };
    }

    // The first detail of a code becomes the usual one.
    private bool IsUsual(byte code, in Detail detail)
    {
        foreach (var entry in _usual)
        {
            if (entry.Code == code)
            {
                return entry.Detail == detail;
            }
        }

        _usual = _usual.Length == 0 ? OnlyOne(code, detail) : [.. _usual, (code, detail)];
        return true;
    }

    private static (byte Code, Detail Detail)[] OnlyOne(byte code, in Detail detail) =>
        Shared.TryGetValue((code, detail), out var known) ? known
        : Shared.Count < MostShared ? Shared.GetOrAdd((code, detail), static only => [only]) : [(code, detail)];

    private void SetCode(int port, byte code)
    {
        if (_codes is { } codes)
        {
            Volatile.Write(ref codes[port], code);
        }
        else
        {
            Volatile.Write(ref _fewCodes, (_fewCodes & ~(0xffUL << (8 * port))) | ((ulong)code << (8 * port)));
        }
    }

    private Detail DetailOf(int port, byte code)
    {
        if (_odd is not null && _odd.TryGetValue(port, out var odd))
        {
            return odd;
        }

        foreach (var entry in _usual)
        {
            if (entry.Code == code)
            {
                return entry.Detail;
            }
        }

        return default;
    }
}
