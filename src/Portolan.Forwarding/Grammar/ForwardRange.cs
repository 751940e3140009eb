using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>
/// A forward as it is written: one port, a path, or a range of ports that leads to a range as long. Ranges are compared before they become
/// a forward for each port.
/// </summary>
public sealed class ForwardRange
{
    private readonly ListenWord _listen;
    private readonly List<TargetWord> _targets;
    private readonly string _listenText;
    private readonly string _where;

    internal ForwardRange(
        TransportProtocol protocol, ListenWord listen, List<TargetWord> targets, ForwardOptions options, string listenText, string where)
    {
        (Protocol, _listen, _targets, Options, _listenText, _where) = (protocol, listen, targets, options, listenText, where);

        // Ranges that differ in length are found by the first port.
        First = At(0);
    }

    /// <summary>TCP or UDP.</summary>
    public TransportProtocol Protocol { get; }

    /// <summary>How its connections are treated.</summary>
    public ForwardOptions Options { get; }

    /// <summary>The forward of its first port.</summary>
    public ForwardSpec First { get; }

    /// <summary>The ports; a path has none.</summary>
    public PortRange Ports => _listen.Ports;

    /// <summary>How many forwards it is.</summary>
    public int Count => _listen.Path is null ? Ports.Count : 1;

    /// <summary>How many pairs of a listening port and a target it has.</summary>
    public long PairCount => (long)Count * _targets.Count;

    /// <summary>The forward of one of its ports.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <exception cref="PortolanException">Its ranges differ in length, or a target has no port.</exception>
    public ForwardSpec At(int index) => new()
    {
        Protocol = Protocol,
        Listen = _listen.PointFor(index),
        Targets = _targets.ConvertAll(t => t.PointFor(_listen, index, _listenText, _where)),
        Options = Options,
    };

    /// <summary>The forwards of all ranges.</summary>
    /// <param name="ranges">Ranges that <see cref="ForwardConflicts.RefuseOverlap"/> has let pass.</param>
    public static List<ForwardSpec> Expand(IReadOnlyList<ForwardRange> ranges)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        var specs = new List<ForwardSpec>(ranges.Sum(static r => r.Count));
        foreach (var range in ranges)
        {
            for (var i = 0; i < range.Count; i++)
            {
                specs.Add(range.At(i));
            }
        }

        return specs;
    }
}
