using System.Globalization;
using System.Text;

namespace Portolan.Store.Tables;

/// <summary>What changes are sorted by.</summary>
public enum ChangeOrder
{
    /// <summary>When they were found.</summary>
    Time,

    /// <summary>The lowest port.</summary>
    Port,

    /// <summary>The transport protocol of the port.</summary>
    Protocol,

    /// <summary>The kind, in the order of reports.</summary>
    Kind,
}

/// <summary>Which changes are asked for.</summary>
public sealed record ChangeFilter
{
    /// <summary>Found at that time or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Found before that time.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Of these hosts; <c>null</c> for all.</summary>
    public IReadOnlyList<long>? Hosts { get; init; }

    /// <summary>Of this port; <c>null</c> for all.</summary>
    public PortNumber? Port { get; init; }

    /// <summary>Of this protocol; <c>null</c> for all.</summary>
    public TransportProtocol? Protocol { get; init; }

    /// <summary>Of these kinds; <c>null</c> for all.</summary>
    public IReadOnlyList<byte>? Kinds { get; init; }

    /// <summary>The latest of them, so many.</summary>
    public int? Most { get; init; }

    /// <summary>How many rows a statement finds at most.</summary>
    internal string Limit => Most is { } most ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {most}") : "";

    /// <summary>The same as the condition of a statement, with its values.</summary>
    internal (string Where, object?[] Values) Condition()
    {
        var (where, values) = (new StringBuilder("1"), new List<object?>());
        void And(string condition, long value)
        {
            values.Add(value);
            where.Append(CultureInfo.InvariantCulture, $" AND {condition} ${values.Count}");
        }

        if (Since is { } since)
        {
            And("at >=", since.ToUnixTimeMilliseconds());
        }

        if (Until is { } until)
        {
            And("at <", until.ToUnixTimeMilliseconds());
        }

        if (Port is { } port)
        {
            // A change of many ports stands at its lowest one.
            And("port <=", (long)port.Value);
            And("last_port >=", (long)port.Value);
        }

        if (Protocol is { } protocol)
        {
            And("protocol =", (long)protocol);
        }

        if (Hosts is { } hosts)
        {
            where.Append(CultureInfo.InvariantCulture, $" AND host IN ({string.Join(',', hosts)})");
        }

        if (Kinds is { } kinds)
        {
            where.Append(CultureInfo.InvariantCulture, $" AND kind IN ({string.Join(',', kinds)})");
        }

        return (where.ToString(), [.. values]);
    }
}
