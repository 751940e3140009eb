using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Targets;

namespace Portolan.Kernel.Tests.Scan.Targets;

/// <summary>Words that both know mean the same to nmap. Its list scan sends nothing.</summary>
public sealed class GrammarAgainstNmapTests
{
    [Fact]
    public void Targets_and_excludes_stand_for_the_same_addresses() => Netns.Run(() =>
    {
        var random = new Random(20_260_101);
        for (var round = 0; round < 15; round++)
        {
            string[] words = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Word(random))];
            string[] excludes = [.. Enumerable.Range(0, random.Next(0, 3)).Select(_ => Word(random)).Where(
                word => !word.Contains(',', StringComparison.Ordinal))];
            string[] excluding = excludes.Length > 0 ? ["--exclude", string.Join(',', excludes)] : [];
            var theirs = Tool.Lines("nmap", ["-n", "-sL", "-oG", "-", .. excluding, .. words])
                .Where(line => line.StartsWith("Host: ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]);
            var builder = new TargetPlanBuilder(new TargetOptions
            {
                Ports = PortSelection.None,
                PortGrammar = new PortGrammar(true, false, ServiceRegistry.BuiltIn),
            });
            foreach (var word in words)
            {
                builder.Add(word);
            }

            if (excludes.Length > 0)
            {
                builder.Exclude(string.Join(',', excludes));
            }

            // nmap lists an address as often as it is named; a plan has each once.
            Assert.Equal(theirs.Distinct(), Addresses(builder.Build()));
        }
    });

    [Theory]
    [InlineData("22,80-90,100")]
    [InlineData("-10,65530-")]
    [InlineData("T:1-5,U:7,T:9,S:1")]
    [InlineData("0-3,5-")]
    [InlineData("U:53,T:80,81,82-84")]
    public void Lists_of_ports_stand_for_the_same_ports(string text) => Netns.Run(() =>
    {
        // Both protocols, one closed loopback address, nothing sent beyond it; the first lines say which ports.
        var info = Tool.Lines("nmap", "-n", "-Pn", "-sS", "-sU", "-p", text, "--host-timeout", "1ms", "-oX", "-", "127.0.0.1")
            .Where(line => line.StartsWith("<scaninfo", StringComparison.Ordinal)).ToArray();
        var ours = new PortGrammar(true, true, ServiceRegistry.BuiltIn).Parse(text, "-p");
        foreach (var (protocol, ports) in ((string, PortSet)[])[("tcp", ours.Tcp), ("udp", ours.Udp)])
        {
            var line = info.SingleOrDefault(line => line.Contains($"protocol=\"{protocol}\"", StringComparison.Ordinal));
            Assert.Equal(line?.Split(" services=\"")[1].Split('"')[0] ?? "", ports.ToString());
        }
    });

    private static IEnumerable<string> Addresses(TargetPlan plan)
    {
        for (ulong host = 0; host < plan.HostCount; host++)
        {
            yield return plan.HostAt(host).Address.ToString();
        }
    }

    private static string Word(Random random) => random.Next(4) switch
    {
        0 => $"198.18.{random.Next(3)}.{random.Next(256)}",
        1 => $"198.18.{random.Next(3)}.{random.Next(256)}/{random.Next(27, 33)}",
        2 => $"198.18.{random.Next(2)}-2.{random.Next(20)}-{random.Next(20, 30)}",
        _ => $"198.18.0,{random.Next(1, 4)}.{random.Next(200, 250)}-,{random.Next(10)},-{random.Next(3)}/{random.Next(30, 33)}",
    };
}
