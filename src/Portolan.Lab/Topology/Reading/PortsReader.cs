using System.Globalization;
using Portolan.Lab.Services;

namespace Portolan.Lab.Topology.Reading;

/// <summary>
/// Reads the ports of a host: a mapping from ports to what becomes of them, or a list of ports that have their usual service.
/// </summary>
/// <remarks>One for each text: sets of ports, of 8 KiB each, that are written alike are one set.</remarks>
internal sealed class PortsReader(FaultList faults)
{
    /// <summary>The most different sets of ports in a topology.</summary>
    public const int MostSets = 20_000;

    private readonly Dictionary<string, PortSet> _sets = new(StringComparer.Ordinal);
    private readonly Dictionary<TransportProtocol, PortSet> _seen = [];
    private List<PortRule> _rules = [];

    /// <summary>Reads them; anything wrong is a fault.</summary>
    public IReadOnlyList<PortRule> Read(TreeNode node)
    {
        _rules = [];
        _seen.Clear();
        if (node is TreeMap map)
        {
            foreach (var (key, value) in map.Entries)
            {
                ReadEntry(key, value);
            }
        }
        else
        {
            foreach (var item in MapReader.OneOrMore(node, "a port", faults))
            {
                ReadUsual(item);
            }
        }

        return _rules;
    }

    private void ReadEntry(TreeScalar key, TreeNode value)
    {
        if (PortText.Read(key, faults) is not ({ } protocol, { } ports))
        {
            // Its value may have faults of its own.
            PolicyReader.Read(value, [], faults);
            return;
        }

        var policy = PolicyReader.Read(value, [protocol], faults);
        if (IsNew(key, protocol, ports) && policy is not null)
        {
            Add(key, protocol, ports, policy);
        }
    }

    private void ReadUsual(TreeScalar item)
    {
        if (PortText.Read(item, faults) is not ({ } protocol, { } ports) || !IsNew(item, protocol, ports))
        {
            return;
        }

        foreach (var port in ports)
        {
            if (ServiceCatalogue.UsualOn(protocol, port) is not { } service)
            {
                faults.Error(
                    item,
                    string.Create(CultureInfo.InvariantCulture, $"no service of the lab is usual on {port.Value}/{protocol.Name()}"),
                    $"write ports as a mapping, e.g. {{ {item.Text}: open }}");
                return;
            }

            Add(item, protocol, new PortSet(port), new OpenPort(new ServiceSpec(service.Name)));
        }
    }

    private void Add(TreeScalar at, TransportProtocol protocol, PortSet ports, PortPolicy policy)
    {
        var text = ports.ToString();
        if (!_sets.TryGetValue(text, out var known))
        {
            if (_sets.Count == MostSets)
            {
                faults.Error(
                    at, string.Create(CultureInfo.InvariantCulture, $"more than {MostSets} different sets of ports"),
                    $"name ports that are alike together, e.g. 8000-8100: closed");
                return;
            }

            _sets.Add(text, known = ports);
        }

        _rules.Add(new PortRule(protocol, known, policy));
    }

    private bool IsNew(TreeScalar at, TransportProtocol protocol, PortSet ports)
    {
        if (!_seen.TryGetValue(protocol, out var seen))
        {
            _seen.Add(protocol, ports.Clone());
            return true;
        }

        if (seen.Overlaps(ports))
        {
            faults.Error(
                at, $"{FaultList.Shown(PortText.Format(protocol, seen & ports))} is named twice", $"name each port of a protocol once");
            return false;
        }

        seen.UnionWith(ports);
        return true;
    }
}
