using Portolan.Cli.Help;
using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Identification;

/// <summary>docs/identify.md says what is sent, and against what each protocol was tried.</summary>
public sealed class IdentifyPageTests
{
    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs", "identify.md"));

    [Fact]
    public void The_generated_part_is_what_the_protocols_say_now() =>
        Assert.True(Page == ProbePage.Renew(Page), "docs/identify.md has drifted: run scripts/docs and commit it");

    [Fact]
    public void Every_protocol_has_a_line_that_says_what_it_was_tried_against()
    {
        var tried = Page[..Page.IndexOf(ProbePage.Marker, StringComparison.Ordinal)];
        foreach (var (protocols, transport) in ((IReadOnlyList<ServiceProtocol>, string)[])[
            (ServiceCatalog.Tcp, "tcp"), (ServiceCatalog.Udp, "udp")])
        {
            Assert.All(protocols, protocol => Assert.Contains($"| {protocol.Name} | {transport} | ", tried, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_fact_stands_on_the_page_with_what_it_logs_in_with()
    {
        Assert.All(FactCatalog.All, static fact => Assert.Contains($"| {fact.Id} | ", Page, StringComparison.Ordinal));
        Assert.Equal(
            ["ftp-anon", "snmp-sysdescr"],
            FactCatalog.All.Where(static fact => fact.Credentials is not null).Select(static fact => fact.Id));
    }

    [Fact]
    public void Every_question_stands_on_the_page()
    {
        foreach (var probe in ServiceCatalog.Tcp.Concat(ServiceCatalog.Udp).SelectMany(static p => p.FollowUps.Append(p.Opening))
            .OfType<ServiceProbe>()
            .Concat(DeclaredBytes.OfFacts(TransportProtocol.Tcp)).Concat(DeclaredBytes.OfFacts(TransportProtocol.Udp)))
        {
            Assert.Contains($"**{probe.Name}**", Page, StringComparison.Ordinal);
        }
    }
}
