namespace Portolan.Lab.Scenarios;

/// <summary>The states of TCP as tools spell them.</summary>
internal static class StateNames
{
    /// <summary>A row for each state, in the order of RFC 9293.</summary>
    internal static ColumnTable Lines() => TextColumns.Lines(
        ["RFC 9293, portolan", "ss (Linux)", "netstat (Linux)", "netstat (Windows)"],
        Enum.GetValues<TcpState>().Select(static s => (IReadOnlyList<string>)[s.Name(), Ss(s), NetstatText.StateWord(s), Windows(s)]));

    /// <summary>The spelling of ss (iproute2).</summary>
    internal static string Ss(TcpState state) => state switch
    {
        TcpState.Closed => "UNCONN",
        TcpState.SynReceived => "SYN-RECV",
        TcpState.Established => "ESTAB",
        _ => state.Name(),
    };

    private static string Windows(TcpState state) => state switch
    {
        TcpState.Listen => "LISTENING",
        _ => state.Name().Replace('-', '_'),
    };
}
