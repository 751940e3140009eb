using Portolan.Tests.Packets;
using Portolan.Tests.Support;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Fuzzing;

/// <summary>Frames of every kind, damaged, and most of them with right checksums again, for every parser and for a whole host.</summary>
/// <remarks>
/// <c>frames.txt</c> is the corpus: a frame for each thing that may come of one. PORTOLAN_LONG=MINUTES goes on for so long; a frame that
/// then does something new is told as a diagnostic message.
/// </remarks>
public sealed class FrameFuzzTests
{
    private const int Rounds = 400;
    private const int Frames = 40;

    [Fact]
    public void Frames_of_the_corpus_do_what_they_did()
    {
        foreach (var (frame, outcome) in Corpus())
        {
            using var world = new FrameWorld(isRouter: true);
            Assert.Equal($"{Convert.ToHexString(frame)} {outcome}", $"{Convert.ToHexString(frame)} {world.Take(frame)}");
            world.End();
        }
    }

    [Trait("Quick", "no")]
    [Fact]
    public void Damaged_frames_do_a_host_no_harm()
    {
        var samples = (List<byte[]>)[.. PacketSamples.All(), .. StackSamples.All(), .. Corpus().Select(static c => c.Frame)];
        var known = new HashSet<string>(Corpus().Select(static c => c.Outcome), StringComparer.Ordinal);
        Fuzz.Run(Rounds, (random, _) => Try(random, samples, known));
        Worlds.Worlds.ForLong(seed => Try(new Random((int)(seed % int.MaxValue)), samples, known), size: 1);
    }

    private static void Try(Random random, List<byte[]> samples, HashSet<string> known)
    {
        using var world = new FrameWorld(isRouter: random.Next(2) == 0);
        var frame = Array.Empty<byte>();
        try
        {
            for (var i = 0; i < Frames; i++)
            {
                frame = Fuzz.Damage(random, samples[random.Next(samples.Count)]);
                frame = frame.Length > 1514 ? frame[..1514] : frame;
                if (random.Next(8) > 0)
                {
                    world.Mend(frame);
                }

                var outcome = world.Take(frame);
                if (known.Add(outcome))
                {
                    samples.Add(frame);
                    TestContext.Current.SendDiagnosticMessage($"{Convert.ToHexString(frame)} {outcome}");
                }
            }

            world.End();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new SimFailureException(
                $"a world whose last frame was {Convert.ToHexString(frame)} fails: {exception.Message}", exception);
        }
    }

    private static IEnumerable<(byte[] Frame, string Outcome)> Corpus() =>
        File.ReadLines(Repository.PathOf("tests", "Portolan.Tests", "Transport", "Fuzzing", "frames.txt"))
        .Where(static line => line.Length > 0 && line[0] != '#')
        .Select(
            static line =>
                (Convert.FromHexString(line.Split(' ')[0]),
                    line.Contains(' ', StringComparison.Ordinal) ? line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..] : ""));
}
