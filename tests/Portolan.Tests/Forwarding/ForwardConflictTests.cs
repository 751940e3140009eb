using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Model;

namespace Portolan.Tests.Forwarding;

/// <summary>Forwards that cannot be together.</summary>
public sealed class ForwardConflictTests
{
    [Theory]
    [InlineData("8080 a:1 8080 b:2", "*:8080/tcp is listened on twice")]
    [InlineData("8080 a:1 127.0.0.1:8080 b:2", "*:8080/tcp and 127.0.0.1:8080/tcp listen on the same port")]
    [InlineData("0.0.0.0:8080 a:1 127.0.0.1:8080 b:2", "listen on the same port")]
    [InlineData("[::]:8080 a:1 8080 b:2", "listen on the same port")]
    [InlineData("8000-8010 a 8005 b:2", "*:8005/tcp is listened on twice")]
    [InlineData("53/udp a [::1]:53/udp b", "listen on the same port")]
    [InlineData("unix:/run/a.sock a:1 unix:/run/a.sock b:2", "unix:/run/a.sock is listened on twice")]
    public void Two_that_listen_on_the_same_port_are_refused(string words, string fault)
    {
        var error = Assert.Throws<PortolanException>(() => ForwardConflicts.RefuseOverlap(Read(words), null));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, error.ExitCode);
    }

    [Theory]
    [InlineData("8080 a:1 8080/udp b:2")]
    [InlineData("127.0.0.1:8080 a:1 127.0.0.2:8080 b:2")]
    [InlineData("0.0.0.0:8080 a:1 [::]:8080 b:2")]
    [InlineData("[fe80::1%eth0]:8080 a:1 [fe80::1%eth1]:8080 b:2")]
    [InlineData("0 a:1 0 b:2")]
    public void Others_are_not(string words) => ForwardConflicts.RefuseOverlap(Read(words), null);

    [Fact]
    public void Ranges_overlap_as_their_ports_do()
    {
        var random = new Random(1019);
        string[] addresses = ["", "0.0.0.0:", "[::]:", "127.0.0.1:", "127.0.0.2:", "[::1]:", "[2001:db8::1]:"];
        for (var round = 0; round < 2000; round++)
        {
            var ranges = Enumerable.Range(0, random.Next(2, 6))
                .Select(_ => (Address: addresses[random.Next(addresses.Length)], First: random.Next(1, 60), Length: random.Next(1, 12)))
                .ToList();
            var words = string.Join(' ', ranges.Select(r => $"{r.Address}{r.First}-{r.First + r.Length - 1} a"));
            var one = Read(string.Join(' ', ranges.SelectMany(r => Enumerable.Range(r.First, r.Length).Select(p => $"{r.Address}{p} a"))));
            var isPortTaken = one.Index().Any(
                x => one.Take(x.Index).Any(y => y.Ports == x.Item.Ports && ListenOverlap.Meets(x.Item.First.Listen, y.First.Listen)));

            var error = Record.Exception(() => ForwardConflicts.RefuseOverlap(Read(words), null));

            Assert.True(isPortTaken == error is PortolanException, $"{words}: {error?.Message ?? "no fault"}");
        }
    }

    [Fact]
    public void So_many_that_they_cannot_be_held_are_refused_before_they_are_made()
    {
        var words = string.Join(' ', Enumerable.Range(0, 200).Select(i => $"127.0.{i}.1:1-65535 a"));

        Assert.Contains(
            "exceed the limit of "
                + "131,072", Assert.Throws<PortolanException>(() => ForwardConflicts.RefuseOverlap(Read(words), null)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_of_all_ports_ends() => RefuseLoop("1-65534 127.0.0.1:2-65535");

    [Fact]
    public void The_port_of_the_counters_is_one_of_them()
    {
        var error = Assert.Throws<PortolanException>(
            () => ForwardConflicts.RefuseOverlap(Read("8080 a:1"), (InternetAddress.LoopbackIPv4, new PortNumber(8080))));
        Assert.Contains("--metrics and *:8080/tcp", error.Message, StringComparison.Ordinal);
        ForwardConflicts.RefuseOverlap(Read("8080/udp a:1 127.0.0.2:8080 b:1"), (InternetAddress.LoopbackIPv4, new PortNumber(8080)));
    }

    [Theory]
    [InlineData("8080 127.0.0.1:8080", "*:8080/tcp leads to *:8080/tcp")]
    [InlineData("8080 192.0.2.1:9,127.0.0.7:8080", "*:8080/tcp leads to *:8080/tcp")]
    [InlineData("8080 198.18.0.1:8080", "a forwarding loop")]
    [InlineData("198.18.0.1:8080 198.18.0.1:8080", "a forwarding loop")]
    [InlineData("[::1]:8080 [::1]:8080", "a forwarding loop")]
    [InlineData("1 127.0.0.1:2 2 127.0.0.1:3 3 127.0.0.1:2", "*:2/tcp leads to *:3/tcp leads to *:2/tcp")]
    [InlineData("53/udp 127.0.0.1:53", "*:53/udp leads to *:53/udp")]
    [InlineData("unix:/run/a.sock unix:/run/a.sock", "a forwarding loop")]
    [InlineData("unix:/run/a.sock 127.0.0.1:8080 8080 unix:/run/a.sock", "a forwarding loop")]
    public void What_leads_back_to_itself_is_refused(string words, string fault)
    {
        var error = Assert.Throws<PortolanException>(() => RefuseLoop(words));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, error.ExitCode);
    }

    [Theory]
    [InlineData("8080 192.0.2.1:8080")]
    [InlineData("127.0.0.1:8080 127.0.0.2:8080")]
    [InlineData("127.0.0.1:8080 198.18.0.1:8080")]
    [InlineData("0.0.0.0:8080 [::1]:8080")]
    [InlineData("8080 127.0.0.1:8081 8082 127.0.0.1:8081")]
    [InlineData("53/udp 127.0.0.1:54 54 127.0.0.1:53")]
    public void What_leads_elsewhere_is_not(string words) => RefuseLoop(words);

    private static List<ForwardRange> Read(string words) => ForwardWords.ReadRanges(words.Split(' '), new ForwardOptions());

    private static void RefuseLoop(
        string words) =>
            ForwardConflicts.RefuseLoop(
                ForwardRange.Expand(Read(words)), t => t.Address is { } address ? [address] : [], a => a.ToString() == "198.18.0.1");
}
