using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Statements;
using Portolan.Firewall.Changing.Table;

namespace Portolan.Firewall.Tracing;

/// <summary>
/// Which live packets are traced: those to a port, and optionally from some addresses, and never more than a few a second.
/// </summary>
/// <param name="Port">The port they are sent to, before any translation.</param>
/// <param name="Protocols">Of these protocols.</param>
/// <param name="Sources">From these addresses.</param>
public sealed record TraceFilter(PortNumber Port, IReadOnlyList<TransportProtocol> Protocols, AddressChoice Sources)
{
    /// <summary>
    /// Packets a second of each rule; packets beyond that are not traced. Tracing costs the kernel much more than a packet does.
    /// </summary>
    public const int PacketsPerSecond = 20;

    /// <summary>
    /// Only packets that arrive on the interface of this name; <c>null</c> for every one, and for what this machine sends to itself.
    /// </summary>
    public string? Interface { get; init; }

    /// <summary>The tests of each rule of a trace's table.</summary>
    public IReadOnlyList<Action<ExpressionWriter>> Rules()
    {
        var rules = new List<Action<ExpressionWriter>>();
        foreach (var protocol in Protocols)
        {
            var port = new PortStatement(protocol, new PortRange(Port, Port), null);
            if (Sources.IsAny)
            {
                rules.Add(writer => Write(writer, null, port));
                continue;
            }

            foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
            {
                foreach (var source in Sources.Of(isIPv4).Intervals)
                {
                    foreach (var prefix in Prefixes(source, isIPv4))
                    {
                        var address = new AddressStatement(isIPv4, IsSource: true, prefix, null);
                        rules.Add(writer => Write(writer, address, port));
                    }
                }
            }
        }

        return rules;
    }

    private void Write(ExpressionWriter writer, AddressStatement? address, PortStatement port)
    {
        if (Interface is { } name)
        {
            new InterfaceStatement(name).Write(writer);
        }

        address?.Write(writer);
        port.Write(writer);
        writer.LimitWithin(PacketsPerSecond);
    }

    /// <summary>The fewest prefixes that make up a range.</summary>
    private static List<Interval> Prefixes(Interval range, bool isIPv4)
    {
        var prefixes = new List<Interval>();
        for (var next = range.First; ;)
        {
            // As large as the start is aligned to, and as fits.
            var size = isIPv4 ? 32 : 128;
            UInt128 mask;
            do
            {
                mask = size == 0 ? 0 : UInt128.MaxValue >> (128 - size);
                size--;
            }
            while ((next & mask) != 0 || mask > range.Last - next);

            prefixes.Add(new Interval(next, next + mask));
            if (next + mask == range.Last)
            {
                return prefixes;
            }

            next += mask + 1;
        }
    }
}
