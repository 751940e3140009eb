using System.Globalization;
using Portolan.Tests.Support;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Fuzzing;

/// <summary>
/// Whole exchanges with segments that were changed, repeated, spliced and forged, their checksums right, and ICMP errors about them.
/// Nothing that comes may break a host, a connection beside, or a promise.
/// </summary>
/// <remarks>
/// <c>segments.txt</c> is the corpus: scripts that broke something once, and those that reach what few others do. PORTOLAN_LONG=MINUTES
/// goes on for so long with new ones; what then reaches something new is told as a diagnostic message.
/// </remarks>
public sealed class SegmentFuzzTests
{
    private const int Rounds = 400;

    public static TheoryData<string> Corpus => [.. Lines()];

    [Theory]
    [MemberData(nameof(Corpus))]
    public void What_once_broke_something_or_is_rare_does_no_harm(string line)
    {
        var script = SegmentScript.Parse(line);
        Assert.Equal(line, script.ToString());
        Run(script);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void Forged_segments_do_no_harm()
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        var corpus = Lines().Select(SegmentScript.Parse).ToList();
        Fuzz.Run(Rounds, (random, _) => Try(random, corpus, known));
        Worlds.Worlds.ForLong(
            seed =>
            {
                var random = new Random((int)(seed % int.MaxValue));
                for (var round = 0; round < 100; round++)
                {
                    Try(random, corpus, known);
                }
            },
            size: 100);
    }

    private static void Try(Random random, List<SegmentScript> corpus, HashSet<string> known)
    {
        var script = random.Next(2) == 0 || corpus.Count == 0
            ? SegmentScript.Random(random)
            : corpus[random.Next(corpus.Count)].Mutate(random);
        var news = Run(script).Where(known.Add).ToList();
        if (news.Count > 0)
        {
            corpus.Add(script);
            TestContext.Current.SendDiagnosticMessage(string.Create(
                CultureInfo.InvariantCulture, $"{script}  # {string.Join(", ", news)}"));
        }
    }

    private static IReadOnlySet<string> Run(SegmentScript script)
    {
        try
        {
            return SegmentWorld.Run(script);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new SimFailureException($"the script \"{script}\" breaks something: {exception.Message}", exception);
        }
    }

    private static IEnumerable<string> Lines() =>
        File.ReadLines(Repository.PathOf("tests", "Portolan.Tests", "Transport", "Fuzzing", "segments.txt"))
        .Select(static line => line.Split('#')[0].Trim())
        .Where(static line => line.Length > 0);
}
