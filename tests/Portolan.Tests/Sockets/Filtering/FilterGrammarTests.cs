using Portolan.Sockets.Filtering;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>How filters are read. Each is printed in its canonical form, which shows how it was understood.</summary>
public sealed class FilterGrammarTests
{
    [Theory]
    [InlineData("port 1 or port 2 and port 3", "port 1 or port 2 and port 3")]
    [InlineData("(port 1 or port 2) and port 3", "(port 1 or port 2) and port 3")]
    [InlineData("port 1 and port 2 or port 3", "port 1 and port 2 or port 3")]
    [InlineData("port 1 and (port 2 or port 3)", "port 1 and (port 2 or port 3)")]
    [InlineData("not port 1 and port 2", "not port 1 and port 2")]
    [InlineData("not (port 1 and port 2)", "not (port 1 and port 2)")]
    [InlineData("port 1 port 2 or port 3", "port 1 and port 2 or port 3")]
    [InlineData("port 1 (port 2 or port 3) not port 4", "port 1 and (port 2 or port 3) and not port 4")]
    [InlineData("! port 1 && port 2 || port 3", "not port 1 and port 2 or port 3")]
    [InlineData("!port 1 & port 2|port 3", "not port 1 and port 2 or port 3")]
    [InlineData("not not port 1", "not not port 1")]
    [InlineData("((port 1))", "port 1")]
    [InlineData("NOT PORT 1 AND Port 2", "not port 1 and port 2")]
    public void Not_binds_before_and_and_and_before_or(string filter, string canonical) => Assert.Equal(canonical, Read(filter));

    [Theory]
    [InlineData("sport = :22", "sport 22")]
    [InlineData("sport == 22", "sport 22")]
    [InlineData("sport eq :22", "sport 22")]
    [InlineData("sport=:22", "sport 22")]
    [InlineData("dport != :22", "not dport 22")]
    [InlineData("dport neq 22", "not dport 22")]
    [InlineData("dport >= :1024", "dport >= 1024")]
    [InlineData("dport geq :1024", "dport >= 1024")]
    [InlineData("dport gt 1024", "dport > 1024")]
    [InlineData("sport<1024", "sport < 1024")]
    [InlineData("sport leq :https", "sport <= https")]
    [InlineData("dport = :https", "dport https")]
    [InlineData("( sport = :ssh or dport = :ssh )", "sport ssh or dport ssh")]
    [InlineData("src 127.0.0.1:22", "src 127.0.0.1:22")]
    [InlineData("src = 127.0.0.1", "src 127.0.0.1")]
    [InlineData("dst = [2001:db8::1]:443", "dst [2001:db8::1]:443")]
    [InlineData("dst [2001:db8::]/32", "dst 2001:db8::/32")]
    [InlineData("dst [2001:db8::/32]:443", "dst [2001:db8::/32]:443")]
    [InlineData("dst [2001:db8::]/32:443", "dst [2001:db8::/32]:443")]
    [InlineData("dst [::1]", "dst ::1")]
    [InlineData("src inet:10.0.0.0/8", "src inet:10.0.0.0/8")]
    [InlineData("src inet6:*", "src inet6:*")]
    [InlineData("dst *:443", "dst *:443")]
    [InlineData("dst :443", "dst *:443")]
    [InlineData("src 10.0.0.1:*", "src 10.0.0.1")]
    [InlineData("src *", "src *")]
    [InlineData("src unix:/run/*", "src unix:\"/run/*\"", "src unix:/run/*")]
    [InlineData("dev eth0", "dev eth0")]
    [InlineData("dev != lo", "not dev lo")]
    [InlineData("autobound", "autobound")]
    [InlineData("not autobound and sport = :22", "not autobound and sport 22")]
    public void What_ss_users_type_is_read(string filter, string canonical, string? alternative = null) =>
        Assert.Contains(Read(filter), new[] { canonical, alternative });

    [Theory]
    [InlineData("port 443", "port 443")]
    [InlineData("port 22,80", "port 22,80")]
    [InlineData("port 22, 80 ,443", "port 22,80,443")]
    [InlineData("port in (22, 80 443)", "port 22,80,443")]
    [InlineData("port in 22,80", "port 22,80")]
    [InlineData("port not in 22,80", "not port 22,80")]
    [InlineData("port 8000-8100", "port 8000-8100")]
    [InlineData("port -1023", "port 1-1023")]
    [InlineData("port 60000-", "port 60000-65535")]
    [InlineData("port http-alt", "port http-alt")]
    [InlineData("process nginx", "process nginx")]
    [InlineData("process ngin*,sshd", "process ngin*,sshd")]
    [InlineData("process \"Web Content\"", "process \"Web Content\"")]
    [InlineData("process 'Web Content',nginx", "process \"Web Content\",nginx")]
    [InlineData("process Web\\ Content", "process \"Web Content\"")]
    [InlineData("process 'and'", "process \"and\"")]
    [InlineData("process = a!b", "process \"a!b\"")]
    [InlineData("user root,1000-2000", "user root,1000-2000")]
    [InlineData("user www-data", "user www-data")]
    [InlineData("uid >= 1000", "user >= 1000")]
    [InlineData("unit ssh.service", "unit ssh.service")]
    [InlineData("service https", "service https")]
    [InlineData("family inet6", "family ipv6")]
    [InlineData("protocol tcp,udp", "protocol tcp,udp")]
    [InlineData("proto SCTP", "protocol sctp")]
    [InlineData("recvq > 0", "recvq > 0")]
    [InlineData("receiveQueue >= 64K", "recvq >= 65536")]
    [InlineData("pid 100-200,300", "pid 100-200,300")]
    [InlineData("dst 10/8", "dst 10.0.0.0/8")]
    [InlineData("dst 10.1.2.3/8", "dst 10.0.0.0/8")]
    [InlineData("dst 2001:db8::1", "dst 2001:db8::1")]
    [InlineData("dst ::ffff:192.0.2.1", "dst 192.0.2.1")]
    [InlineData("dst ::ffff:192.0.2.0/120", "dst 192.0.2.0/24")]
    [InlineData("dst ::/0", "dst ::/0")]
    [InlineData("dst 10.0.0.0/8,192.168.0.0/16:443", "dst 10.0.0.0/8,192.168.0.0/16:443")]
    [InlineData("namespace net:[4026531840]", "namespace \"net:[4026531840]\"")]
    [InlineData("state != listen", "not state listen")]
    [InlineData("port 1 and exclude time-wait", "port 1 and not state time-wait")]
    [InlineData(
        "state established and (port 443 or process nginx) and not dst 10.0.0.0/8",
        "state established and (port 443 or process nginx) and not dst 10.0.0.0/8")]
    public void Values_are_read(string filter, string canonical) => Assert.Equal(canonical, Read(filter));

    [Theory]
    [InlineData("state established state time-wait", "state established,time-wait")]
    [InlineData(
        "state connected exclude time-wait", "state established,syn-sent,syn-received,fin-wait-1,fin-wait-2,close-wait,last-ack,closing")]
    [InlineData("exclude listen exclude time-wait", "not state time-wait,listen")]
    [InlineData("state established sport = :22 or sport = :80", "state established and (sport 22 or sport 80)")]
    [InlineData("state established and sport = :22 or sport = :80", "state established and sport 22 or sport 80")]
    [InlineData("state established state syn-sent and port 22", "state established,syn-sent and port 22")]
    [InlineData("state established or port 22", "state established or port 22")]
    [InlineData("state established not port 22", "state established and not port 22")]
    [InlineData("(state established state time-wait)", "state established and state time-wait")]
    [InlineData("exclude all", "not state all")]
    public void State_words_in_front_are_read_as_ss_reads_them(string filter, string canonical) => Assert.Equal(canonical, Read(filter));

    [Theory]
    [InlineData("ESTAB", "established")]
    [InlineData("SYN_RECV", "syn-received")]
    [InlineData("FIN_WAIT1", "fin-wait-1")]
    [InlineData("finwait2", "fin-wait-2")]
    [InlineData("LAST-ACK", "last-ack")]
    [InlineData("LISTENING", "listen")]
    [InlineData("UNCONN", "unconnected")]
    [InlineData("close", "closed")]
    [InlineData("bucket", "syn-received,time-wait")]
    [InlineData("synchronized", "established,syn-received,fin-wait-1,fin-wait-2,time-wait,close-wait,last-ack,closing")]
    [InlineData("all", "all")]
    public void States_go_by_the_words_of_the_rfc_and_of_ss_and_of_netstat(string word, string states) =>
        Assert.Equal($"state {states}", Read($"state {word}"));

    [Fact]
    public void Words_of_a_command_line_are_joined()
    {
        string[] words = ["state", "established", "and", "(port 443 or process nginx)", "and", "not", "dst", "10.0.0.0/8"];
        var filter = SocketFilter.Parse(words, FilterWorld.Names);
        Assert.Equal("state established and (port 443 or process nginx) and not dst 10.0.0.0/8", filter.Syntax!.ToString());
    }

    [Theory]
    [InlineData]
    [InlineData("")]
    [InlineData(" ", "\t")]
    public void No_words_match_everything(params string[] words)
    {
        var filter = SocketFilter.Parse(words, FilterWorld.Names);
        Assert.Null(filter.Syntax);
        Assert.Equal(FilterResult.Yes, filter.Judge(default, FilterContext.EntryOnly));
    }

    [Fact]
    public void Every_field_has_an_example_that_uses_it_and_words_of_its_own()
    {
        foreach (var field in FilterFields.All)
        {
            var filter = SocketFilter.Parse([field.Example], FilterWorld.Names);
            Assert.Contains(field.Name, field.Example, StringComparison.Ordinal);
            Assert.NotNull(filter.Syntax);
            Assert.False(field.Description.EndsWith('.'), field.Name);
            foreach (var word in field.Aliases.Append(field.Name))
            {
                Assert.Same(field, FilterFields.Find(word.ToUpperInvariant()));
            }
        }
    }

    private static string Read(string filter) => SocketFilter.Parse([filter], FilterWorld.Names).Syntax!.ToString();
}
