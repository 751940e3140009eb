using System.Text.RegularExpressions;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Watch;

/// <summary>E-mail of <c>portolan watch</c> to a real postfix (scripts/servers), by STARTTLS, before and after an outage.</summary>
public sealed class MailTests
{
    // $P is the program. postfix takes no mail without TLS, and its certificate is its own authority.
    private const string Script =
        """
        set -eu
        P=$1
        root=${PORTOLAN_SERVERS_LOGS%/tmp/log}
        w=$root/tmp/w
        until_true() {
            n=0
            until eval "$1"; do n=$((n + 1)); [ $n -lt 600 ] || { echo "never: $1" >&2; cat $w/err >&2; exit 1; }; sleep 0.1; done
        }
        openssl req -x509 -newkey rsa:2048 -nodes -keyout $w/m.key -out $w/m.crt -days 2 -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost 2>/dev/null
        echo 'box: /tmp/w/box' >>$root/etc/aliases
        chroot $root newaliases
        chroot $root postconf -e smtpd_tls_cert_file=/tmp/w/m.crt smtpd_tls_key_file=/tmp/w/m.key smtpd_tls_security_level=encrypt \
            smtpd_tls_received_header=yes
        chroot $root postfix reload >/dev/null 2>&1
        cat >$w/watch.yaml <<END
        schema: portolan.watch/1
        receivers:
          admins: { kind: email, server: "localhost:25", ca-file: m.crt, from: portolan@localhost, to: box@localhost, ports: 8080 }
          plain: { kind: email, server: "localhost:25", tls: none, from: portolan@localhost, to: box@localhost }
          distrustful: { kind: email, server: "localhost:25", from: portolan@localhost, to: box@localhost }
          wrong: { kind: email, server: "localhost:25", ca-file: m.crt, from: portolan@localhost, to: nobody-of-that-name@localhost }
        END
        "$P" watch check $w/watch.yaml
        until_true '"$P" watch test $w/watch.yaml admins 2>$w/err'
        for name in plain distrustful wrong; do "$P" watch test $w/watch.yaml $name && exit 1; done
        sed -i '/plain:/d; /distrustful:/d; /wrong:/d' $w/watch.yaml
        "$P" watch --every 1s --store $w/h.db --config $w/watch.yaml >$w/out 2>$w/err & watch=$!
        until_true 'grep -q watching $w/err'
        perl -MIO::Socket::INET -e '$l = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:8080") or die; sleep' & one=$!
        until_true 'grep -q "^Subject: .*8080/tcp opened" $w/box'
        chroot $root postfix stop >/dev/null 2>&1
        kill $one
        until_true 'grep -q "receiver admins: localhost: " $w/err'
        chroot $root postfix start >/dev/null 2>&1
        until_true 'grep -q "^Subject: .*8080/tcp closed" $w/box'
        kill $watch
        wait $watch
        cat $w/box
        """;

    [Fact]
    public void A_real_postfix_gets_a_message_for_each_event_once_and_after_an_outage_too()
    {
        Assert.SkipUnless(
            File.Exists(Path.Combine(BuiltProgram.Folder, "portolan-server")), "portolan-server is not built: ./test builds it");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root for namespaces of its own");
        var result = ProgramRunner.Run(
            Repository.PathOf("scripts", "servers"), ["run", "postfix", "/bin/sh", "-c", Script, "sh", BuiltProgram.Path],
            TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
        Assert.SkipWhen(result.ExitCode == 77, result.Error.Trim());
        Assert.True(result.ExitCode == 0, result.Error + result.Output);

        Assert.Contains(
            "receiver plain did not accept a test message: localhost: 5.7.0 Must issue a STARTTLS", result.Error, StringComparison.Ordinal);
        Assert.Contains("its certificate is not trusted", result.Error, StringComparison.Ordinal);
        Assert.Contains("receiver wrong did not accept a test message: localhost: 550 ", result.Error, StringComparison.Ordinal);
        var ids = Regex.Matches(result.Output, "(?im)^Message-Id: <(.+)@localhost>").Select(static m => m.Groups[1].Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(3, Regex.Count(result.Output, "using TLSv1"));
        Assert.Equal(["test", "opened", "closed"], Regex.Matches(result.Output, "(?m)^Subject: .*(test|opened|closed)").Select(
            static m => m.Groups[1].Value));
    }
}
