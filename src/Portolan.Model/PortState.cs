namespace Portolan.Model;

/// <summary>What a probe says about a port: nmap's six states (nmap reference guide, "Port Scanning Basics").</summary>
public enum PortState : byte
{
    /// <summary>Not decided: no probe was sent, or the run ended before its answer could be judged. Never a synonym of closed.</summary>
    Unknown,

    /// <summary>Something accepts connections or datagrams.</summary>
    Open,

    /// <summary>The host answers, nothing listens.</summary>
    Closed,

    /// <summary>Something on the way drops or refuses probes.</summary>
    Filtered,

    /// <summary>Reachable, open or closed unknown (ACK scan).</summary>
    Unfiltered,

    /// <summary>Silence that an open port would show too (UDP, Null, FIN, Xmas scans).</summary>
    OpenFiltered,

    /// <summary>Silence that a closed port would show too (idle scan).</summary>
    ClosedFiltered,
}

/// <summary>The names of <see cref="PortState"/>.</summary>
public static class PortStateNames
{
    /// <summary>nmap's word, such as <c>open|filtered</c>.</summary>
    public static string Name(this PortState state) => state switch
    {
        PortState.Open => "open",
        PortState.Closed => "closed",
        PortState.Filtered => "filtered",
        PortState.Unfiltered => "unfiltered",
        PortState.OpenFiltered => "open|filtered",
        PortState.ClosedFiltered => "closed|filtered",
        _ => "unknown",
    };

    /// <summary>Reads nmap's word.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out PortState state)
    {
        state = text switch
        {
            "open" => PortState.Open,
            "closed" => PortState.Closed,
            "filtered" => PortState.Filtered,
            "unfiltered" => PortState.Unfiltered,
            "open|filtered" => PortState.OpenFiltered,
            "closed|filtered" => PortState.ClosedFiltered,
            _ => PortState.Unknown,
        };
        return state != PortState.Unknown;
    }
}
