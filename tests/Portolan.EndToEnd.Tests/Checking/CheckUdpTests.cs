using System.Text.Json;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>UDP ports of a host whose truth is known.</summary>
public sealed class CheckUdpTests
{
    [Theory]
    [InlineData(9999, "open", "replied", 0, "a reply of ")]
    [InlineData(9998, "open|filtered", "silent", 1, "which proves nothing")]
    [InlineData(9997, "closed", "refused", 1, "ICMP port unreachable")]
    [InlineData(9996, "filtered", "unreachable", 1, "communication administratively prohibited")]
    [InlineData(9995, "open|filtered", "silent", 1, "which proves nothing")]
    public void A_datagram_is_answered_refused_or_nothing_is_proved(int port, string state, string outcome, int exitCode, string summary)
    {
        using var lab = new CheckLab();
        lab.Server.EchoUdp(9999);
        lab.Server.BindUdp(9998);
        lab.Server.Nft("table inet t {\n chain c {\n  type filter hook input priority 0;\n  udp dport 9996 reject with icmpx "
            + "admin-prohibited\n  udp dport 9995 drop\n }\n}\n");

        foreach (var host in (string[])["198.18.0.2", "[2001:db8::2]"])
        {
            var check = lab.CheckJson(exitCode, $"udp://{host}:{port}", "--timeout", outcome == "silent" ? "0.6" : "30");

            var step = check.Step("datagram");
            Assert.Equal((state, outcome), (check.Text("state"), step.Text("outcome")));
            Assert.Contains(summary, step.Text("summary"), StringComparison.Ordinal);
            Assert.Equal(
                step.GetProperty("sent").GetProperty("source").ToString(),
                step.GetProperty("replies").GetProperty("destination").ToString());
            Assert.Equal(outcome == "silent" ? 3 : 1, step.GetProperty("datagramsSent").GetInt32());
        }
    }

    [Fact]
    public void A_port_is_asked_in_its_own_protocol_and_its_answer_proves_the_service()
    {
        using var lab = new CheckLab();
        lab.Server.EchoUdp(7);

        var step = lab.CheckJson(0, "udp://198.18.0.2:7").Step("datagram");

        Assert.Equal(("echo", "echo"), (step.Text("payload"), step.Text("service")));
        Assert.Equal(step.GetProperty("payloadLength").GetInt32(), step.GetProperty("reply").GetProperty("length").GetInt32());
    }

    [Fact]
    public void Without_a_route_nothing_is_sent()
    {
        using var lab = new CheckLab();

        var check = lab.CheckJson(3, "udp://203.0.113.1:53");

        Assert.Equal(("unknown", "not-sent"), (check.Text("state"), check.Step("datagram").Text("outcome")));
        Assert.Equal(JsonValueKind.Null, check.GetProperty("passed").ValueKind);
    }
}
