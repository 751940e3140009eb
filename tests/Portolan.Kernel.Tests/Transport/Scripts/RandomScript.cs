namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>A script that a seed makes: an opening, and then calls and segments of which most are what an honest peer could send.</summary>
internal static class RandomScript
{
    private static readonly string[] Sequences = [
        "n", "n", "n", "n", "n", "n", "n", "n-100", "n-1460", "n+100", "n+200", "n+1460", "n+30000", "n+90000"];
    private static readonly string[] Acknowledgments = ["m", "m", "m", "m", "m", "u", "u+10", "m-1", "m+1", "m+5000"];
    private static readonly string[] Flags = [".", ".", ".", "P.", "P.", "P.", "P.", "F.", "FP.", "R", "R.", "S", "S.", "-", "U."];
    private static readonly int[] Lengths = [0, 0, 1, 10, 100, 300, 1000, 1400];
    private static readonly int[] Windows = [0, 1, 100, 3000, 20_000];
    private static readonly int[] Writes = [1, 10, 100, 1000, 1000];

    internal static string[] Make(int seed)
    {
        var random = new Random(seed);
        var stamp = random.Next(2) == 0 ? 0 : 100;
        var syn = "mss=" + Pick(random, [1460, 1460, 536, 1000])
            + (random.Next(2) == 0 ? " sackok" : "") + (stamp > 0 ? $" ts={stamp}" : "") + (random.Next(2) == 0 ? " ws=7" : "");
        var lines = new List<string>(random.Next(3) switch
        {
            0 => ["connect", "< S. seq=0 ack=1 " + syn],
            1 when random.Next(4) == 0 => ["connect", "< S seq=0 " + syn, $"< . seq=1 ack=1{Stamp(ref stamp, random)}"],
            _ => ["listen", "< S seq=0 " + syn, $"< . seq=1 ack=1{Stamp(ref stamp, random)}", "accept"],
        });
        // The kernel counts its congestion window in segments, the stack in bytes: no script fills it.
        var writes = 3;
        for (var steps = random.Next(2, 12); steps > 0; steps--)
        {
            lines.Add(random.Next(12) switch
            {
                0 or 1 => "read",
                2 or 3 when writes-- > 0 => $"write {Pick(random, Writes)}",
                4 when random.Next(2) == 0 => "shutdown",
                5 when random.Next(3) == 0 => "close",
                6 when random.Next(9) == 0 => "abort",
                _ => Segment(random, ref stamp),
            });
        }

        return [.. lines];
    }

    /// <summary>
    /// One that begins with Fast Open: as a server whose cookie is good, or as a client whose text is acknowledged, in part, or not.
    /// </summary>
    internal static string[] MakeFast(int seed)
    {
        var random = new Random(seed);
        var stamp = random.Next(2) == 0 ? 0 : 100;
        var syn = "mss=" + Pick(random, [1460, 1460, 536, 1000]) + (random.Next(2) == 0 ? " sackok" : "")
            + (random.Next(2) == 0 ? " ws=7" : "");
        var stamped = syn + (stamp > 0 ? $" ts={stamp}" : "");
        var text = Pick(random, [0, 1, 100, 700, 900]);
        var lines = new List<string>();
        if (random.Next(2) == 0)
        {
            lines.AddRange(
                ["listen fast", $"< S seq=0 fo=ask {syn}", "< R seq=1",
                    $"< S seq=0 len={text} fo={Pick(random, ["cookie", "cookie", "cookie", "0011223344556677"])} {stamped}"]);
            lines.AddRange(random.Next(3) switch
            {
                0 => [],
                1 => ["accept"],
                _ => [$"< . seq=n ack=m{Stamp(ref stamp, random)}", "accept"],
            });
        }
        else
        {
            text = Math.Min(text, 400);
            lines.AddRange(["connect 0", $"< S. seq=0 ack=1 fo=0011223344556677 {syn}", "abort", $"connect {text + 1}"]);
            lines.Add($"< S. seq=0 "
                + $"ack={1 + Pick(random, [0, text + 1, text + 1, random.Next(text + 1)])}{(random.Next(2) == 0 ? " fo=8899aabb" : "")} "
                + $"{stamped}");
        }

        for (var steps = random.Next(1, 8); steps > 0; steps--)
        {
            lines.Add(random.Next(9) switch
            {
                0 or 1 => "read",
                2 when lines.Count(static l => l.StartsWith("write", StringComparison.Ordinal)) < 3 => $"write {Pick(random, Writes)}",
                3 when random.Next(2) == 0 => "shutdown",
                4 when random.Next(3) == 0 => "close",
                _ => Segment(random, ref stamp),
            });
        }

        return [.. lines];
    }

    private static string Segment(Random random, ref int stamp)
    {
        var flags = Pick(random, Flags);
        var length = flags.Contains('S') && random.Next(8) > 0 ? 0 : Pick(random, Lengths);
        return $"< {flags} seq={Pick(random, Sequences)}{(flags.Contains('.') ? $" ack={Pick(random, Acknowledgments)}" : "")}"
            + (length > 0 ? $" len={length}" : "")
            + (random.Next(6) == 0 ? $" win={Pick(random, Windows)}" : "")
            + (flags.Contains('U') ? $" urg={random.Next(1, 200)}" : "")
            + Stamp(ref stamp, random);
    }

    /// <summary>Time goes on; one segment in twelve is from before the connection, one has none.</summary>
    private static string Stamp(ref int stamp, Random random)
    {
        if (stamp == 0)
        {
            return "";
        }

        stamp += random.Next(3);
        return random.Next(24) switch { 0 => " ts=50", 1 => "", _ => $" ts={stamp}" };
    }

    private static T Pick<T>(Random random, T[] values) => values[random.Next(values.Length)];
}
