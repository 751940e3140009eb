namespace Portolan.Firewall.Reviewing;

/// <summary>Tells what a part of a rule's text is.</summary>
internal static class RulePart
{
    private static readonly string[] Deeds = [
        "counter", "log", "last", "comment", "continue", "notrack", "flow add", "dup to", "fwd to", "synproxy", "-m comment", "-j ", "-g "];

    private static readonly string[] Fields = ["ct ", "meta ", "ip ", "ip6 ", "tcp ", "udp ", "th ", "@"];

    private static readonly string[] Protocols = ["meta l4proto ", "ip protocol ", "ip6 nexthdr ", "-p "];

    private static readonly string[] PortWords = [
        "th dport ", "tcp dport ", "udp dport ", "udplite dport ", "sctp dport ", "dccp dport ", "-m tcp --dport ", "-m udp --dport ",
        "-m multiport --dports ", "--dport ", "--dports "];

    /// <summary>Whether it is what the rule does on the way, or what it is called: no condition.</summary>
    public static bool IsDeed(string part) =>
        Starts(part, Deeds) || (Starts(part, Fields) && part.Contains(" set ", StringComparison.Ordinal));

    /// <summary>Whether it says only which protocol and ports, as the ports of the rule do.</summary>
    public static bool IsPort(string part) => part is "-m tcp" or "-m udp"
        || (Starts(part, Protocols) && !part.Contains('!', StringComparison.Ordinal))
        || (Starts(part, PortWords) && !part.Contains('!', StringComparison.Ordinal)
            && part.LastIndexOf(" -", StringComparison.Ordinal) <= part.IndexOf("--dport", StringComparison.Ordinal));

    private static bool Starts(string part, string[] starts) => Array.Exists(starts, s => part.StartsWith(s, StringComparison.Ordinal));
}
