using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Ports;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>
/// Which rules of a long chain packets to one port, or from one, may match: those about other ports are not even looked at.
/// </summary>
internal sealed class PortIndex
{
    // Fewer rules are as quickly looked at one by one.
    private const int Minimum = 64;

    private readonly Dictionary<ulong, List<int>> _byPort = [];
    private readonly List<int> _others = [];
    private (ulong Port, int[] Places)? _last;
    private PortTable? _question;

    private PortIndex(CompiledRule[] rules, PacketField field)
    {
        for (var i = 0; i < rules.Length; i++)
        {
            if (rules[i].OnlyPort(field) is not { } port)
            {
                _others.Add(i);
            }
            else if (_byPort.TryGetValue(port, out var places))
            {
                places.Add(i);
            }
            else
            {
                _byPort.Add(port, [i]);
            }
        }
    }

    /// <summary>The index of a chain, or <c>null</c> where none pays.</summary>
    /// <param name="rules">Its rules.</param>
    /// <param name="field">Which port of the packets: the destination's or the source's.</param>
    public static PortIndex? Of(CompiledRule[] rules, PacketField field)
    {
        if (rules.Length < Minimum)
        {
            return null;
        }

        var index = new PortIndex(rules, field);
        return index._byPort.Count > 1 ? index : null;
    }

    /// <summary>Which of the ports that rules name it is.</summary>
    public IPortQuestion Question => _question ??= PortTable.Of(_byPort.Keys.Select(static port => (UInt128)port));

    /// <summary>The places of the rules that packets of the port may match, in order.</summary>
    public int[] PlacesFor(ulong port)
    {
        // The same port is asked about in one chain after the other, and for both ways.
        if (_last is { } last && last.Port == port)
        {
            return last.Places;
        }

        var places = Merge(_byPort.GetValueOrDefault(port) ?? []);
        _last = (port, places);
        return places;
    }

    private int[] Merge(List<int> exact)
    {
        var result = new int[exact.Count + _others.Count];
        var (a, b) = (0, 0);
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = b == _others.Count || (a < exact.Count && exact[a] < _others[b]) ? exact[a++] : _others[b++];
        }

        return result;
    }
}
