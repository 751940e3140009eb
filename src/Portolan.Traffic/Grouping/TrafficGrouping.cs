namespace Portolan.Traffic.Grouping;

/// <summary>What the rows of a table are.</summary>
public enum TrafficGrouping
{
    /// <summary>Ports that were dialled.</summary>
    Port,

    /// <summary>Processes.</summary>
    Process,

    /// <summary>systemd units.</summary>
    Unit,

    /// <summary>One row for each container.</summary>
    Container,

    /// <summary>One row for each user.</summary>
    User,

    /// <summary>Remote addresses.</summary>
    Remote,

    /// <summary>Interfaces of this host.</summary>
    Interface,

    /// <summary>Socket pairs.</summary>
    Connection,
}

/// <summary>The words of <see cref="TrafficGrouping"/>.</summary>
public static class TrafficGroupings
{
    /// <summary>All words, in order.</summary>
    public static IReadOnlyList<string> Words { get; } =
        ["port", "process", "unit", "container", "user", "remote", "interface", "connection"];

    /// <summary>As <c>--by</c> takes it.</summary>
    public static string Word(this TrafficGrouping grouping) => Words[(int)grouping];

    /// <summary>Reads a word.</summary>
    public static bool TryParse(string text, out TrafficGrouping grouping)
    {
        var index = Words.ToList().IndexOf(text.ToLowerInvariant());
        grouping = (TrafficGrouping)Math.Max(0, index);
        return index >= 0;
    }
}
