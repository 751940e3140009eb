namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>
/// Scripts that bring a host into each state and send it one segment there, with what a segment can have that it should not.
/// </summary>
internal static class StateScripts
{
    private const string PlainSyn = "mss=1460";
    private const string FullSyn = "mss=1460 sackok ts=100 ws=7";

    /// <summary>
    /// How each state is reached. FIN-WAIT and TIME-WAIT come with a program that still reads, and with one that has closed.
    /// </summary>
    internal static IReadOnlyDictionary<string, string[]> States { get; } = new Dictionary<string, string[]>
    {
        ["CLOSED"] = [],
        ["LISTEN"] = ["listen"],
        ["SYN-SENT"] = ["connect"],
        ["SYN-RECEIVED"] = ["listen", "< S seq=0 SYN"],
        ["SYN-RECEIVED of both"] = ["connect", "< S seq=0 SYN"],
        ["SYN-RECEIVED by a cookie"] = Fast("< S seq=0 len=100 fo=cookie SYN"),
        ["SYN-RECEIVED by a cookie, accepted"] = Fast("< S seq=0 len=100 fo=cookie SYN", "accept", "read"),
        ["SYN-RECEIVED by a cookie, data sent"] = Fast("< S seq=0 len=100 fo=cookie SYN", "accept", "read", "write 1000"),
        ["SYN-RECEIVED by a cookie, closed"] = Fast("< S seq=0 len=100 fo=cookie SYN", "accept", "read", "write 100", "close"),
        ["ESTABLISHED"] = Opened(),
        ["ESTABLISHED by connecting"] = ["connect", "< S. seq=0 ack=1 SYN"],
        ["ESTABLISHED, not accepted"] = ["listen", "< S seq=0 SYN", "< . seq=1 ack=1"],
        ["ESTABLISHED, data sent"] = Opened("write 1000"),
        ["ESTABLISHED, data unread"] = Opened("< P. seq=n ack=m len=100"),
        ["ESTABLISHED, a gap"] = Opened("< P. seq=n+100 ack=m len=100"),
        ["ESTABLISHED, both have spoken"] = Opened("< P. seq=n ack=m len=100", "read", "write 100", "< . seq=n ack=m"),
        ["ESTABLISHED, window shut"] = Opened("fill"),
        ["ESTABLISHED, peer's window shut"] = Opened("< . seq=n ack=m win=0", "write 100"),
        ["FIN-WAIT-1"] = Opened("shutdown"),
        ["FIN-WAIT-1, data sent"] = Opened("write 1000", "shutdown"),
        ["FIN-WAIT-1, closed"] = Opened("close"),
        ["FIN-WAIT-2"] = Opened("shutdown", "< . seq=n ack=m"),
        ["FIN-WAIT-2, closed"] = Opened("close", "< . seq=n ack=m"),
        ["CLOSE-WAIT"] = Opened("< F. seq=n ack=m"),
        ["CLOSE-WAIT, data sent"] = Opened("< F. seq=n ack=m", "write 1000"),
        ["CLOSING"] = Opened("shutdown", "< F. seq=n ack=u"),
        ["CLOSING, closed"] = Opened("close", "< F. seq=n ack=u"),
        ["LAST-ACK"] = Opened("< F. seq=n ack=m", "close"),
        ["TIME-WAIT"] = Opened("shutdown", "< F. seq=n ack=m"),
        ["TIME-WAIT, closed"] = Opened("close", "< F. seq=n ack=m"),
        ["CLOSED after LAST-ACK"] = Opened("< F. seq=n ack=m", "close", "< . seq=n ack=m"),
        ["CLOSED by an RST"] = Opened("< R seq=n"),
    };

    /// <summary>The segments. TS stands for the timestamps that an honest peer would send now.</summary>
    internal static IReadOnlyList<string> Probes { get; } = [.. AllProbes().Distinct()];

    /// <summary>A script: the state, the segment, and then what shows whether the connection lives on.</summary>
    internal static string[] Of(string state, string probe, bool isFull)
    {
        string[] lines = [.. States[state], $"{probe}", "read", "< P. seq=n ack=m len=10 TS", "read", "write 10"];
        return [.. lines.Select(line => Finish(line, isFull))];
    }

    private static string Finish(string line, bool isFull)
    {
        if (!line.StartsWith('<'))
        {
            return line;
        }

        if (line.EndsWith(" SYN", StringComparison.Ordinal))
        {
            return line[..^3] + (isFull ? FullSyn : PlainSyn);
        }

        return line.Replace(" TS", isFull ? " ts=120" : "", StringComparison.Ordinal)
            + (isFull && !line.Contains("ts", StringComparison.OrdinalIgnoreCase) ? " ts=110" : "");
    }

    private static string[] Opened(params string[] then) => ["listen", "< S seq=0 SYN", "< . seq=1 ack=1", "accept", .. then];

    /// <summary>A cookie was given to the same address before.</summary>
    private static string[] Fast(params string[] then) => ["listen fast", "< S seq=0 fo=ask SYN", "< R seq=1", .. then];

    private static IEnumerable<string> AllProbes()
    {
        string[] sequences = ["n", "n-1", "n+1", "n+200", "n-200", "n+40000", "n+200000", "n-200000"];
        string[] acknowledgments = ["m", "u", "u-1", "m+1", "m+100000", "u-100000"];

        // Every flag alone at every number.
        foreach (var flags in (string[])[".", "S", "S.", "R", "R.", "F.", "F", "SF", "SR", "-", "U.", "SF.", "FR."])
        {
            foreach (var sequence in sequences)
            {
                yield return $"< {flags} seq={sequence}{(flags.Contains('.') ? " ack=m" : "")} TS";
            }
        }

        foreach (var flags in (string[])[".", "S.", "R.", "F."])
        {
            foreach (var acknowledgment in acknowledgments)
            {
                yield return $"< {flags} seq=n ack={acknowledgment} TS";
                yield return $"< {flags} seq=n-1 ack={acknowledgment} TS";
                yield return $"< {flags} seq=n ack={acknowledgment} len=50 TS";
            }
        }

        // Text.
        foreach (var sequence in sequences)
        {
            yield return $"< P. seq={sequence} ack=m len=1 TS";
            yield return $"< P. seq={sequence} ack=m len=100 TS";
            yield return $"< P. seq={sequence} ack=m len=300 TS";
            yield return $"< FP. seq={sequence} ack=m len=100 TS";
            yield return $"< P seq={sequence} len=100 TS";
            yield return $"< S seq={sequence} len=100 TS";
        }

        yield return "< P. seq=n ack=m len=1000 win=0 TS";
        yield return "< . seq=n ack=m win=0 TS";
        yield return "< . seq=n ack=u win=100 TS";
        yield return "< . seq=n ack=m win=1 TS";
        yield return "< U. seq=n ack=m len=10 urg=5 TS";
        yield return "< U. seq=n ack=m len=10 urg=100 TS";
        yield return "< U. seq=n ack=m len=10 urg=0 TS";
        yield return "< S seq=0 SYN";
        yield return "< S seq=n+100000 SYN";
        yield return "< S seq=n-100000 SYN";
        yield return "< S. seq=0 ack=1 SYN";
        yield return "< S. seq=0 ack=2 SYN";
        yield return "< S. seq=0 ack=0 SYN";
        yield return "< S seq=0 len=20 mss=1460 ts=130";
        yield return "< SEW seq=0 mss=1460";
        yield return "< SEW. seq=0 ack=1 mss=1460";
        yield return "< SE. seq=0 ack=1 mss=1460 ts=130";

        // PAWS, and timestamps that are missing or were not agreed on.
        foreach (var flags in (string[])[".", "S", "S.", "R", "R.", "F.", "P. len=100"])
        {
            var parts = flags.Split(' ');
            var rest = parts.Length > 1 ? $" {parts[1]}" : "";
            foreach (var sequence in (string[])["n", "n+200", "n-200", "n+200000"])
            {
                yield return $"< {parts[0]} seq={sequence}{(flags.Contains('.') ? " ack=m" : "")}{rest} ts=50";
                yield return $"< {parts[0]} seq={sequence}{(flags.Contains('.') ? " ack=m" : "")}{rest} ecr=0";
            }

            yield return $"< {parts[0]} seq=n{(flags.Contains('.') ? " ack=m" : "")}{rest} ts=2147483900";
            yield return $"< {parts[0]} seq=n{(flags.Contains('.') ? " ack=m" : "")}{rest} ts=130 ecr=0";
        }

        yield return "< . seq=n ack=u sack=u+100:u+200 TS";
        yield return "< . seq=n ack=u sack=m+100:m+200 TS";
    }
}
