using System.Text;
using Portolan.Lab.Scoring;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Writing;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Tests.Lab;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>
/// Whatever the topology, its truth is what nmap finds in the running lab, by each way of asking: through routers, firewalls, rejects and
/// forwarded ports, IPv4 and IPv6.
/// </summary>
public sealed class NmapTruthTests
{
    /// <summary>More with PORTOLAN_LONG.</summary>
    private static readonly int Count = Environment.GetEnvironmentVariable("PORTOLAN_LONG") is null ? 1 : 100;

    [Theory]
    [InlineData("-sS", "1-50", 1)]
    [InlineData("-sT", "1-50", 101)]
    [InlineData("-sA", "1-50", 201)]
    [InlineData("-sF", "1-50", 301)]
    [InlineData("-sN", "1-50", 401)]
    [InlineData("-sX", "1-50", 501)]
    [InlineData("-sU", "1-20", 601)]
    public async Task Nmap_finds_the_truth(string technique, string ports, int seed)
    {
        for (var left = Count; left > 0; left--, seed++)
        {
            var topology = Draw(ref seed);
            var addresses = Pick(LabTruth.Create(topology), new Random(seed));
            await using var lab = KernelLab.Create(topology);
            foreach (var isIPv4 in (bool[])[true, false])
            {
                List<string> targets = [.. addresses.Where(a => a.IsIPv4 == isIPv4).Select(static a => a.ToString())];
                if (targets.Count == 0)
                {
                    continue;
                }

                var xml = lab.Host.Tool(
                    "nmap", null,
                    [.. isIPv4 ? (string[])[] : ["-6"], "-n", "-Pn", technique, "-p", ports, "-T4", "--max-rtt-timeout", "300ms",
                        "--initial-rtt-timeout", "200ms", "-oX", "-", .. targets]);
                var score = LabScorer.Score(topology, new MemoryStream(Encoding.UTF8.GetBytes(xml)), new ScoreOptions());

                Assert.True(score.IsPerfect && score.PortsJudged > 0, $"seed {seed}: {Tell(score)}\n{TopologyWriter.Write(topology)}");
            }

            Assert.Equal(0, lab.Network.OverflowCount);
        }
    }

    /// <summary>The next one that has both families where nmap stands, and routers.</summary>
    private static LabTopology Draw(ref int seed)
    {
        for (; ; seed++)
        {
            if (RandomTopology.Of((ulong)seed, isSteady: true) is { Vantage.Ipv6: not null, Networks.Count: > 2 } topology)
            {
                return topology;
            }
        }
    }

    /// <summary>Some addresses of each family; of a range the first and the last.</summary>
    private static List<InternetAddress> Pick(LabTruth truth, Random random)
    {
        var picked = new List<InternetAddress>();
        foreach (var span in truth.Spans.Where(static s => s.Role != AddressRole.Vantage).OrderBy(_ => random.Next()).Take(14))
        {
            picked.Add(span.Addresses.First);
            if (span.Addresses.Last != span.Addresses.First && span.Role == AddressRole.Host)
            {
                picked.Add(span.Addresses.Last);
            }
        }

        return picked;
    }

    private static string Tell(LabScore score)
    {
        var text = new StringWriter();
        ScoreText.Write(score, "nmap", text);
        return text.ToString();
    }
}
