using Portolan.Model;
using Portolan.Scan.Names;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Names;

public sealed class ResolverFilesTests
{
    [Fact]
    public void Resolv_conf_is_read_as_the_manual_says()
    {
        var settings = ResolverSettings.Parse(
            "# comment\n;another\nnameserver 192.0.2.53\nnameserver fe80::53%eth0\nnameserver nonsense\nnameserver 2001:db8::53\n"
            + "domain old.example\nsearch a.example b.example. .\noptions ndots:3 timeout:7 attempts:4 rotate use-vc unknown:9 ndots:x\n",
            name => name == "eth0" ? 2u : null);
        Assert.Equal(["192.0.2.53", "fe80::53%2", "2001:db8::53"], settings.Servers.Select(server => server.ToString()));
        Assert.Equal(["a.example", "b.example"], settings.SearchDomains);
        Assert.Equal(
            (3, TimeSpan.FromSeconds(7), 4, true, true),
            (settings.Dots, settings.Timeout, settings.Attempts, settings.Rotate, settings.AlwaysTcp));
    }

    [Fact]
    public void Values_beyond_the_limits_are_cut()
    {
        var settings = ResolverSettings.Parse("options ndots:99 timeout:999 attempts:0");
        Assert.Equal((15, TimeSpan.FromSeconds(30), 1), (settings.Dots, settings.Timeout, settings.Attempts));
    }

    [Theory]
    [InlineData("192.0.2.53", "192.0.2.53")]
    [InlineData("192.0.2.53:5353", "192.0.2.53:5353")]
    [InlineData("2001:db8::53", "2001:db8::53")]
    [InlineData("[2001:db8::53]", "2001:db8::53")]
    [InlineData("[2001:db8::53]:5353", "[2001:db8::53]:5353")]
    [InlineData("fe80::1%lo", "fe80::1%1")]
    [InlineData("[fe80::1%7]:54", "[fe80::1%7]:54")]
    public void Servers_are_read_with_and_without_port(string text, string expected)
        => Assert.Equal(expected, Assert.Single(DnsServer.ParseList(text, name => name == "lo" ? 1u : null)).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.53,")]
    [InlineData("dns.example")]
    [InlineData("192.0.2.53:0")]
    [InlineData("192.0.2.53:99999")]
    [InlineData("[2001:db8::53")]
    [InlineData("[2001:db8::53]x")]
    [InlineData("fe80::1%nowhere")]
    public void What_is_no_server_is_refused(string text)
        => Assert.Equal(ExitCode.Usage, Assert.Throws<PortolanException>(() => DnsServer.ParseList(text)).ExitCode);

    [Fact]
    public void The_first_name_of_an_address_is_its_name()
    {
        var hosts = new HostsFile("192.0.2.1 true.example alias\n192.0.2.1 later\nfe80::1%lo0 local\n", "/etc/hosts");
        Assert.Equal("true.example", hosts.NameOf(InternetAddress.FromIPv4(0xc0000201)));
        Assert.Equal(["192.0.2.1"], hosts.Find("ALIAS", AddressFamilies.Both).Select(address => address.ToString()));
        Assert.Empty(hosts.Find("alias", AddressFamilies.IPv6));
        Assert.Null(hosts.NameOf(InternetAddress.AnyIPv4));
    }

    [Fact]
    public void Nsswitch_names_the_sources_without_their_conditions()
    {
        Assert.Equal(
            ["files", "mdns4_minimal", "dns"],
            NameSources.Parse("passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return UNAVAIL=continue] dns # end").Services);
        Assert.Equal(["files", "dns"], NameSources.Parse("").Services);
        Assert.Empty(NameSources.Parse("hosts: files resolve [!UNAVAIL=return] dns").Others);
    }

    [Fact]
    public void Files_that_are_not_there_are_as_if_empty()
    {
        var files = ResolverFiles.Read(Path.Combine(AppContext.BaseDirectory, "no-such-folder"));
        Assert.Equal((0, 0), (files.Hosts.Count, files.Settings.Servers.Count));
    }

    [Fact]
    public void Any_text_can_be_read()
        => Fuzz.Run(2000, (random, _) =>
        {
            var bytes = Fuzz.Damage(
                random,
                "nameserver 192.0.2.53\nsearch a b\noptions ndots:1 timeout:\nhosts: files [x dns\n192.0.2.1 a b # c\n::1 x\n"u8.ToArray());
            var text = System.Text.Encoding.Latin1.GetString(bytes);
            Assert.NotEmpty(NameSources.Parse(text).Services);
            Assert.InRange(ResolverSettings.Parse(text).Dots, 0, 15);
            Assert.InRange(new HostsFile(text, "x").Count, 0, text.Length);
            DnsServer.TryParse(text.Split('\n')[0], name => null, out var server);
            Assert.True(server is null || server.Port != PortNumber.Zero);
        });

    [Fact]
    public void Addresses_have_names_below_arpa()
    {
        Assert.Equal("1.2.0.192.in-addr.arpa", ReverseName.Of(InternetAddress.FromIPv4(0xc0000201)));
        Assert.True(InternetAddress.TryParse("2001:db8::567:89ab", out var address));
        Assert.Equal("b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", ReverseName.Of(address));
    }
}
