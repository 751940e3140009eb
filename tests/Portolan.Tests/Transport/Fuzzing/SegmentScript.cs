using System.Globalization;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Fuzzing;

/// <summary>
/// One forged segment: at the arrival of segment <paramref name="At"/> of the connection, the one that came <paramref name="Back"/> earlier
/// to the same host is changed and given to that host again.
/// </summary>
/// <param name="At">The number of an arrival, from 1.</param>
/// <param name="Back">How many arrivals at the same host before.</param>
/// <param name="Changes">What is changed, such as <c>seq+5</c>; see <see cref="ForgedSegment"/>.</param>
internal sealed record Forgery(int At, int Back, IReadOnlyList<string> Changes)
{
    public override string ToString() => $"{At}-{Back}:{string.Join(',', Changes)}";
}

/// <summary>A whole exchange with forged segments in it, as a line of text: <c>linux freebsd v4 3:seq+5,rst 7-2:ack-1</c>.</summary>
internal sealed record SegmentScript(string Left, string Right, bool IsIPv4, IReadOnlyList<Forgery> Forgeries)
{
    private static readonly string[] Profiles = ["linux", "freebsd", "minimal"];

    private static readonly string[] Flags = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];

    internal static TcpProfile ProfileOf(string name) => name switch
    {
        "freebsd" => TcpProfile.FreeBsd,
        "minimal" => TcpProfile.Minimal,
        _ => TcpProfile.Linux with { Ecn = TcpEcnPolicy.Request },
    };

    internal static SegmentScript Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new SegmentScript(words[0], words[1], words[2] == "v4", [.. words.Skip(3).Select(ParseForgery)]);
    }

    internal static SegmentScript Random(Random random) => new(
        Profiles[random.Next(Profiles.Length)],
        Profiles[random.Next(Profiles.Length)],
        random.Next(2) == 0,
        [.. Enumerable.Range(0, 1 + random.Next(8)).Select(_ => RandomForgery(random)).OrderBy(static f => f.At)]);

    /// <summary>The same with one forgery more, less or otherwise.</summary>
    internal SegmentScript Mutate(Random random)
    {
        var forgeries = Forgeries.ToList();
        var at = random.Next(forgeries.Count + 1);
        if (at == forgeries.Count || random.Next(2) == 0)
        {
            forgeries.Add(RandomForgery(random));
        }
        else if (random.Next(2) == 0 && forgeries.Count > 1)
        {
            forgeries.RemoveAt(at);
        }
        else
        {
            forgeries[at] = forgeries[at] with { Changes = [.. forgeries[at].Changes, RandomChange(random)] };
        }

        return this with { Forgeries = [.. forgeries.OrderBy(static f => f.At)] };
    }

    public override string ToString() => $"{Left} {Right} {(IsIPv4 ? "v4" : "v6")} {string.Join(' ', Forgeries)}";

    private static Forgery ParseForgery(string text)
    {
        var (place, changes) = (text[..text.IndexOf(':', StringComparison.Ordinal)],
            text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        var numbers = place.Split('-');
        return new Forgery(
            int.Parse(numbers[0], CultureInfo.InvariantCulture),
            numbers.Length > 1 ? int.Parse(numbers[1], CultureInfo.InvariantCulture) : 0,
            changes.Split(',', StringSplitOptions.RemoveEmptyEntries));
    }

    private static Forgery RandomForgery(Random random) => new(
        1 + random.Next(random.Next(2) == 0 ? 6 : 40),
        random.Next(3) == 0 ? random.Next(8) : 0,
        [.. Enumerable.Range(0, random.Next(5)).Select(_ => RandomChange(random))]);

    private static string RandomChange(Random random) => random.Next(20) switch
    {
        0 or 1 => $"seq{Offset(random)}",
        2 or 3 => $"ack{Offset(random)}",
        4 => $"win={(random.Next(3) == 0 ? 0 : random.Next(65536))}",
        5 or 6 or 7 => Flags[random.Next(Flags.Length)],
        8 => $"urg={random.Next(65536)}",
        9 => $"cut={random.Next(1500)}",
        10 => $"grow={1 + random.Next(100)}",
        11 => $"tsval{Offset(random)}",
        12 => $"tsecr{Offset(random)}",
        13 => $"sack{Offset(random)}/{1 + random.Next(5000)}",
        14 => "plain",
        15 => $"option={random.Next(256)}/{random.Next(12)}",
        16 => random.Next(2) == 0 ? "damage" : $"byte={random.Next(60)}/{random.Next(256)}",
        17 => random.Next(2) == 0 ? $"toobig={random.Next(2) * random.Next(1600)}" : $"unreachable={random.Next(16)}",
        18 => $"splice={1 + random.Next(6)}",
        _ => random.Next(2) == 0 ? $"ecn={random.Next(4)}" : $"port={random.Next(65536)}",
    };

    private static string Offset(Random random)
    {
        var amount = random.Next(6) switch
        {
            0 => 0,
            1 => 1,
            2 => random.Next(3000),
            3 => random.Next(100_000),
            4 => random.Next(1 << 30),
            _ => int.MaxValue - random.Next(2),
        };
        return $"{(random.Next(2) == 0 ? '+' : '-')}{amount}";
    }
}
