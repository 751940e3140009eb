using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine;

/// <summary>The numbers of a list's ports in order of protocol and port; made once for each list that hosts share.</summary>
internal sealed class PortOrder
{
    private readonly Dictionary<ProbePorts, int[]> _orders = [];

    /// <summary>The order of a list.</summary>
    public int[] Of(ProbePorts ports)
    {
        if (_orders.TryGetValue(ports, out var order))
        {
            return order;
        }

        order = new int[ports.Count];
        var keys = new int[ports.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
            keys[i] = ((int)ports[i].Protocol << 16) | ports[i].Port.Value;
        }

        Array.Sort(keys, order);

        // Lists of one host each would pile up; a handful is what people name.
        if (_orders.Count >= 64)
        {
            _orders.Clear();
        }

        _orders.Add(ports, order);
        return order;
    }
}
