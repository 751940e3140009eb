using System.Globalization;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Model;

namespace Portolan.Tests.Lab;

/// <summary>
/// <c>lab check</c> passes a file exactly when <c>lab run</c> ends well with it: labs that are built in, changed by chance.
/// </summary>
public sealed class ScenarioTrialTests
{
    /// <summary>Of each lab; those of <c>priorities</c> take seconds each.</summary>
    private const int Changes = 5;

    public static TheoryData<string> Names => [.. LabLibrary.Names.Where(static n => n != "priorities")];

    [Fact]
    public async Task A_lab_without_its_ports_does_not_pass_and_what_it_lacks_is_named()
    {
        var topology = LabLibrary.Load("well-known");
        topology = topology with { Hosts = [.. topology.Hosts.Select(static h => h with { Ports = [] })] };
        Assert.Null(ScenarioFit.Find(topology, "x.yaml"));

        var found = await ScenarioTrial.FindAsync(topology, "x.yaml");

        Assert.NotNull(found);
        Assert.Equal("the scenario well-known does not come to its end in the lab well-known: connecting to 203.0.113.10:80: no route "
            + "there, or no address of this stack to start from", found.Message);
        Assert.StartsWith(
            "the lab well-known that it is made for has port 67/udp (dhcp) of box, port 7/tcp (echo) of server, ", found.Hint?.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_that_is_not_so_is_told_with_what_was_found()
    {
        var found = await ScenarioTrial.FindAsync(
            LabLibrary.Load("two-browsers").WithService("site1", TransportProtocol.Tcp, 80, "daytime"), "x.yaml");

        Assert.NotNull(found);
        Assert.StartsWith("of the scenario two-browsers ", found.Message, StringComparison.Ordinal);
        Assert.Contains(" not hold in the lab two-browsers: the number of "
            + "connected sockets is 4; ", found.Message, StringComparison.Ordinal);
        Assert.Equal(
            "the lab two-browsers that it is made for has port 80/tcp (http) of site1: portolan lab show two-browsers --yaml",
            found.Hint?.ToString());
    }

    [Trait("Quick", "no")]
    [Theory, MemberData(nameof(Names))]
    public async Task What_passes_runs_and_what_runs_passes(string name)
    {
        var random = new Random(1 + name.Length);
        var text = LabLibrary.ReadText(name);
        var passed = 0;
        for (var i = 0; i < Changes; i++)
        {
            var changed = Change(text, random);
            if (TopologyReader.Read(changed, name) is not { IsValid: true, Topology: var topology })
            {
                continue;
            }

            // Whatever is valid can be attached and started.
            _ = topology.ResolveVantage();
            await using (var network = new VirtualNetwork(topology, new VirtualNetworkOptions { IsVirtualTime = true }))
            {
                network.Run(static () => Task.CompletedTask, TimeSpan.FromSeconds(1));
            }

            var found = await ScenarioTrial.FindAsync(topology, name);
            passed += found is null ? 1 : 0;
            var runs = ScenarioFit.Find(topology, name) is null
                && (topology.Scenario is not { } scenario
                    || (ScenarioCatalogue.TryFind(scenario, out var play)
                        && (await ScenarioPlayer.PlayAsync(play, topology, capture: Stream.Null, view: CaptureView.All)).Succeeded));
            Assert.True(runs == (found is null), $"runs: {runs}; check says {found?.Message}\n{changed}");
        }

        Assert.InRange(passed, 0, Changes);
    }

    /// <summary>One line, one word or one number is another, or is not there.</summary>
    private static string Change(string text, Random random)
    {
        List<string> lines = [.. text.Split('\n')];
        var at = random.Next(lines.Count);
        var words = lines[at].Split(' ');
        var word = random.Next(words.Length);
        switch (random.Next(4))
        {
            case 0:
                lines.RemoveAt(at);
                break;
            case 1:
                words[word] = "";
                lines[at] = string.Join(' ', words);
                break;
            case 2:
                (lines[at], lines[(at + 1) % lines.Count]) = (lines[(at + 1) % lines.Count], lines[at]);
                break;
            default:
                lines[at] = string.Concat(
                    lines[at].Select(
                        c => char.IsAsciiDigit(c) && random.Next(6) == 0
                            ? random.Next(10).ToString(CultureInfo.InvariantCulture)
                            : c.ToString()));
                break;
        }

        return string.Join('\n', lines);
    }
}
