using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>The connections to each port that were open when the rules were read.</summary>
internal sealed class ConnectionCounts
{
    private readonly Dictionary<(bool IsIPv4, byte Protocol, ushort Port), List<InternetAddress>> _senders = [];

    public ConnectionCounts(IReadOnlyList<OpenConnection> connections)
    {
        foreach (var connection in connections)
        {
            var key = (connection.Source.IsIPv4, connection.Protocol, connection.DestinationPort);
            (_senders.TryGetValue(key, out var senders) ? senders : _senders[key] = []).Add(connection.Source);
        }
    }

    /// <summary>The senders whose connections are as many as there may be, or more.</summary>
    /// <param name="isIPv4">The family.</param>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="port">The port.</param>
    /// <param name="prefixLength">How many bits of an address are counted together; 0 for all senders.</param>
    /// <param name="most">How many connections there may be.</param>
    public IntervalSet Full(bool isIPv4, byte protocol, ushort port, int prefixLength, uint most)
    {
        var bits = isIPv4 ? 32 : 128;
        return !_senders.TryGetValue((isIPv4, protocol, port), out var senders) || senders.Count < most
            ? IntervalSet.Empty
            : IntervalSet.UnionOf([.. senders.CountBy(s => prefixLength == 0 ? UInt128.Zero : s.Number >> (bits - prefixLength)).Where(n => n.Value >= most)
                .Select(n => prefixLength == 0 ? IntervalSet.All(bits) : IntervalSet.Prefix(n.Key << (bits - prefixLength), prefixLength, bits))]);
    }
}
