using Portolan.Sockets.Chart;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Chart;

public sealed class BindSummaryTests
{
    [Theory]
    [InlineData("*", "0.0.0.0")]
    [InlineData("* v4+v6", "::")]
    [InlineData("* v4+v6", "0.0.0.0", "::only")]
    [InlineData("* v6", "::only")]
    [InlineData("* v4+v6", "::unknown")]
    [InlineData("lo", "127.0.0.1")]
    [InlineData("lo v6", "::1")]
    [InlineData("lo v4+v6", "127.0.0.1", "::1")]
    [InlineData("127.0.0.53", "127.0.0.53")]
    [InlineData("192.0.2.1, lo", "127.0.0.1", "192.0.2.1")]
    [InlineData("192.0.2.1, 2001:db8::1", "2001:db8::1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("192.0.2.1, 192.0.2.2 +2", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")]
    [InlineData("*%eth0", "0.0.0.0%2")]
    [InlineData("fe80::1%if9", "fe80::1%9")]
    public void Binds_are_said_in_a_few_letters(string expected, params string[] binds) =>
        Assert.Equal(expected, BindSummary.Text([.. binds.Select(Bind)], i => i == 2 ? "eth0" : null));

    private static PortBind Bind(string text)
    {
        var parts = text.Split('%');
        var (address, dualStack) = parts[0] switch
        {
            "::" => ("::", (bool?)true),
            "::only" => ("::", false),
            "::unknown" => ("::", null),
            var other => (other, false),
        };
        return new PortBind(MachineBuilder.Parse($"[{address}]:1").Address, dualStack, parts.Length > 1 ? parts[1][0] - '0' : 0);
    }
}
