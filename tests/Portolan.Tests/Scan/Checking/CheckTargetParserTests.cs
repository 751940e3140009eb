using System.Text;
using Portolan.Scan.Checking;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Checking;

public sealed class CheckTargetParserTests
{
    [Theory]
    [InlineData("example.com:22", "tcp://example.com:22")]
    [InlineData("tcp://example.com:22/", "tcp://example.com:22")]
    [InlineData("TCP://EXAMPLE.com.:22", "tcp://example.com:22")]
    [InlineData("192.0.2.1:80", "tcp://192.0.2.1:80")]
    [InlineData("[2001:DB8::1]:443", "tcp://[2001:db8::1]:443")]
    [InlineData("[fe80::1%eth0]:443", "tcp://[fe80::1]:443")]
    [InlineData("udp://example.com:123", "udp://example.com:123")]
    [InlineData("http://example.com", "http://example.com/")]
    [InlineData("https://example.com:443/a?b=c#d", "https://example.com/a?b=c")]
    [InlineData("https://example.com:8443?q", "https://example.com:8443/?q")]
    [InlineData("http://[2001:db8::1]:80/x", "http://[2001:db8::1]/x")]
    [InlineData("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x")]
    [InlineData("https://münchen.example/ä", "https://xn--mnchen-3ya.example/%C3%A4")]
    [InlineData("_sip._udp.example.com:5060", "tcp://_sip._udp.example.com:5060")]
    [InlineData("dns:53", "tcp://dns:53")]
    [InlineData("tls://example.com:8443", "tls://example.com:8443")]
    [InlineData("smtp://mail.example.com", "smtp://mail.example.com:25")]
    [InlineData("SMTPS://mail.example.com/", "smtps://mail.example.com:465")]
    [InlineData("ssh://[fe80::1%eth0]", "ssh://[fe80::1]:22")]
    [InlineData("redis://[2001:db8::1]", "redis://[2001:db8::1]:6379")]
    [InlineData("sip://example.com", "sip://example.com:5060")]
    [InlineData("sip://example.com;transport=tcp", "sip://example.com:5060;transport=tcp")]
    [InlineData("ntp://example.com", "ntp://example.com:123")]
    [InlineData("imaps://mail.example.com", "imaps://mail.example.com:993")]
    public void A_target_has_a_scheme_a_host_and_a_port(string text, string url)
    {
        Assert.True(CheckTargetParser.TryParse(text, out var target, out var problem), problem.Reason);
        Assert.Equal(url, target.Url);
        Assert.Equal(text, target.Text);
    }

    [Theory]
    [InlineData("ssh://git@example.com:2222/repository.git", "ssh://***@example.com:2222/repository.git", "ssh://example.com:2222")]
    [InlineData(
        "postgresql://app:se@cret@db.example.com/orders?sslmode=require&password=secret", "postgresql://***@db.example.com/orders?***",
        "postgresql://db.example.com:5432")]
    [InlineData("amqps://:secret@[2001:db8::1]:5671/%2f", "amqps://***@[2001:db8::1]:5671/%2f", "amqps://[2001:db8::1]:5671")]
    [InlineData("stun://example.com?transport=tcp", "stun://example.com?***", "stun://example.com:3478;transport=tcp")]
    public void A_user_a_password_and_a_query_are_kept_nowhere(string text, string shown, string url)
    {
        Assert.True(CheckTargetParser.TryParse(text, out var target, out var problem), problem.Reason);
        Assert.Equal((shown, url), (target.Text, target.Url));
    }

    [Theory]
    [InlineData("redis://app:sec/ret@example.com")]
    [InlineData("redis://app:s@x/ecret@example.com")]
    [InlineData("tcp://app:secret@example.com:80")]
    [InlineData("dns://app:secret@example.com/a")]
    [InlineData("app:secret@example.com:80")]
    [InlineData("redis:app:secret@example.com:80")]
    [InlineData("https://app:secret@example.com/")]
    [InlineData("https://app:sec/ret@example.com/")]
    [InlineData("jdbc:postgresql://app:secret@example.com/orders")]
    [InlineData("mongodb+srv://app:secret@example.com/orders")]
    [InlineData("mongodb://app:secret@a.example.com,b.example.com/orders")]
    [InlineData("nobody://app:secret@example.com:80")]
    [InlineData("sip://app:secret@example.com;transport=sctp")]
    [InlineData("redis://app:secret@example.com:http")]
    [InlineData("redis://example.com:http/?password=secret")]
    public void No_message_holds_a_password(string text)
    {
        Assert.False(CheckTargetParser.TryParse(text, out _, out var problem));

        var shown = $"{CheckTargetParser.WithoutSecrets(text)}: {problem.Reason} {problem.Remedy}";
        Assert.DoesNotContain("sec", shown.Replace("several", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("ret@", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("smtp://a", CheckScheme.Tcp, true)]
    [InlineData("smtps://a", CheckScheme.Tls, true)]
    [InlineData("redis://a", CheckScheme.Tcp, false)]
    [InlineData("ldaps://a", CheckScheme.Tls, false)]
    public void A_protocol_says_whether_TLS_comes_first_and_who_speaks(string text, CheckScheme scheme, bool greets)
    {
        Assert.True(CheckTargetParser.TryParse(text, out var target, out _));
        Assert.Equal((scheme, greets), (target.Scheme, target.Service?.Greeting is not null));
    }

    [Fact]
    public void A_scheme_that_is_unknown_is_told_where_the_others_are()
    {
        Assert.False(CheckTargetParser.TryParse("bittorrent://example.com", out _, out var problem));
        Assert.Equal("unknown scheme bittorrent", problem.Reason);
        Assert.Equal(
            "portolan help check lists the schemes; any other protocol as tcp://HOST:PORT or udp://HOST:PORT", problem.Remedy?.ToString());
    }

    [Fact]
    public void The_interface_of_a_link_local_address_is_kept()
    {
        Assert.True(CheckTargetParser.TryParse("[fe80::1%eth0]:443", out var target, out _));
        Assert.Equal("eth0", target.Scope);
        Assert.Equal("fe80::1", target.Address.ToString());
    }

    [Theory]
    [InlineData("dns://192.0.2.53/example.com", "192.0.2.53", 53, "example.com", "A")]
    [InlineData("dns://192.0.2.53:5353/example.com?type=AAAA", "192.0.2.53", 5353, "example.com", "AAAA")]
    [InlineData("dns://[2001:db8::53]/example.com.?mx", "2001:db8::53", 53, "example.com", "MX")]
    [InlineData("dns://ns1.example.com/example.com?type=soa;class=IN", "ns1.example.com", 53, "example.com", "SOA")]
    [InlineData("dns://192.0.2.53/192.0.2.7", "192.0.2.53", 53, "7.2.0.192.in-addr.arpa", "PTR")]
    [InlineData("dns:2001:db8::1", "", 53, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "PTR")]
    [InlineData("dns://192.0.2.53/example.com?type=type257", "192.0.2.53", 53, "example.com", "CAA")]
    [InlineData("dns://192.0.2.53/example.com?type=TYPE65280", "192.0.2.53", 53, "example.com", "TYPE65280")]
    [InlineData("dns:example.com?type=TXT", "", 53, "example.com", "TXT")]
    [InlineData("dns:///example.com", "", 53, "example.com", "A")]
    [InlineData("dns://192.0.2.53/.?ns", "192.0.2.53", 53, ".", "NS")]
    public void A_question_names_its_server_and_the_type_of_record(string text, string server, int port, string name, string type)
    {
        Assert.True(CheckTargetParser.TryParse(text, out var target, out var problem), problem.Reason);
        Assert.Equal(
            (CheckScheme.Dns, server, port, name, type),
            (target.Scheme, target.Host, (int)target.Port, target.QuestionName, DnsTypeWords.Name(target.QuestionType!.Value)));
        Assert.Equal(server.Length == 0, target.UsesSystemServer);
    }

    [Theory]
    [InlineData("example.com", "no port", "write https://example.com, or a port, e.g. example.com:443")]
    [InlineData("2001:db8::1", "an IPv6 address with a port needs brackets", "write [2001:db8::1]:PORT")]
    [InlineData("[2001:db8::1]", "no port", "write 'https://[2001:db8::1]', or a port, e.g. '[2001:db8::1]:443'")]
    [InlineData("udp://example.com", "no port", "write the port too, e.g. udp://example.com:53")]
    [InlineData("example.com:0", "0 is not a port", "a port is a number from 1 to 65535")]
    [InlineData("example.com:70000", "70000 is not a port", "a port is a number from 1 to 65535")]
    [InlineData("example.com:", "no port after the colon", "a port is a number from 1 to 65535")]
    [InlineData("example.com:http", "http is not a port", "a port is a number from 1 to 65535")]
    [InlineData("http://example.com:70000/", "70000 is not a port", "a port is a number from 1 to 65535")]
    [InlineData("htps://example.com:443", "unknown scheme htps; did you mean https?", "write https://example.com:443")]
    [InlineData("bittorrent://example.com:6881", "unknown scheme bittorrent", "write tcp://example.com:6881")]
    [InlineData("redi://example.com:6379", "unknown scheme redi; did you mean redis?", "write redis://example.com:6379")]
    [InlineData(
        "jdbc:postgresql://example.com:5432", "unknown scheme jdbc:postgresql; did you mean postgresql?",
        "write postgresql://example.com:5432")]
    [InlineData(
        "mongodb+srv://example.com", "mongodb+srv finds hosts by SRV records, but a check takes one host",
        "portolan check 'dns:_mongodb._tcp.HOST?type=SRV' shows them")]
    [InlineData("kafka://a:9092,b:9092", "several hosts in one URL", "check each separately: kafka://HOST:PORT")]
    [InlineData("sips://example.com;transport=udp", "sips is not checked over that transport", "leave out transport=, or write tcp or udp")]
    [InlineData("wss://example.com:443", "unknown scheme wss; did you mean https?", "write https://example.com:443")]
    [InlineData("smtpp://example.com:25", "unknown scheme smtpp; did you mean smtp?", "write smtp://example.com:25")]
    [InlineData("tls://example.com", "no port", "write the port too, e.g. tls://example.com:443")]
    [InlineData("smtp:mail.example.com", "no // after the scheme", "write smtp://mail.example.com")]
    [InlineData("https:/example.com", "no // after the scheme", "write https://example.com")]
    [InlineData("ssh://", "no host", "write HOST:PORT with a name or an address, e.g. example.com:443")]
    [InlineData(
        "app@example.com:22", "the part before an @ is not sent",
        "write HOST:PORT: other users can see a password on a command line")]
    [InlineData("https://", "no host", "write https://HOST/PATH")]
    [InlineData(
        "https://user:secret@example.com/", "a user in a URL is not sent",
        "leave out the part before the @: other users can see a password on a command line")]
    [InlineData("https://example.com/a b", "this is not a URL", "write https://HOST/PATH, with spaces as %20")]
    [InlineData("", "no host", "write HOST:PORT with a name or an address, e.g. example.com:443")]
    [InlineData("300.1.1.1:80", "300.1.1.1 is not a host name", "write HOST:PORT with a name or an address, e.g. example.com:443")]
    [InlineData("a..b:80", "a..b is not a host name", "write HOST:PORT with a name or an address, e.g. example.com:443")]
    [InlineData("-a:80", "-a is not a host name", "write HOST:PORT with a name or an address, e.g. example.com:443")]
    [InlineData("[x]:80", "brackets may only enclose an IPv6 address", "write [2001:db8::1]:443")]
    [InlineData("[::1]80", "brackets may only enclose an IPv6 address", "write [2001:db8::1]:443")]
    [InlineData("[127.0.0.1%eth0]:80", "brackets may only enclose an IPv6 address", "write [2001:db8::1]:443")]
    [InlineData("dns://192.0.2.53/", "no name to query", "write dns://SERVER/NAME?type=AAAA, or dns:NAME for the server this host uses")]
    [InlineData(
        "dns://192.0.2.53/example.com?type=AAAAA", "AAAAA is not a record type; did you mean AAAA?",
        "write ?type=AAAA, or ?type=TYPE257 for a type without a name here")]
    [InlineData(
        "dns://192.0.2.53/a..b", "a..b is not a valid DNS name",
        "write dns://SERVER/NAME?type=AAAA, or dns:NAME for the server this host uses")]
    [InlineData("dns://192.0.2.53/example.com?class=CH", "class CH is not supported", "leave it out: the class is IN")]
    public void A_wrong_word_is_refused_with_a_remedy(string text, string reason, string remedy)
    {
        Assert.False(CheckTargetParser.TryParse(text, out _, out var problem));
        Assert.Equal((reason, remedy), (problem.Reason, problem.Remedy?.ToString()));
    }

    [Fact]
    public void Damaged_targets_are_refused_or_read_and_never_an_exception() => Fuzz.Run(20_000, (random, _) =>
    {
        string[] words = [
            "smtps://user@[2001:db8::25]:465/x?y", "https://münchen.example:8443/a?b#c", "dns://[2001:db8::53]:53/192.0.2.1?type=PTR",
            "udp://[fe80::1%eth0]:123", "example.com:22"];
        var text = Encoding.UTF8.GetString(Fuzz.Damage(random, Encoding.UTF8.GetBytes(words[random.Next(words.Length)])));
        if (CheckTargetParser.TryParse(text, out var target, out var problem))
        {
            Assert.NotEqual(0, (int)target.Port);
            Assert.True(Ascii.IsValid(target.Url), target.Url);
        }
        else
        {
            Assert.NotEmpty(problem.Reason);
            Assert.NotEmpty(problem.Remedy.ToString());
        }
    });
}
