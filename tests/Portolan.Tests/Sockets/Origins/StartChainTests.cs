using Portolan.Sockets.Origins;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Origins;

/// <summary>What ancestors say of a start.</summary>
public sealed class StartChainTests
{
    [Theory]
    [InlineData(
        "login", "ada started it in bash 20, logged in over SSH (pts/0)", "node", "bash", "sshd|sshd: ada@pts/0", "sshd|sshd: ada [priv]",
        "systemd")]
    [InlineData(
        "login", "ada started it in zsh 20, by sudo, logged in over SSH (pts/3)", "node", "zsh", "sudo", "bash",
        "sshd-session|sshd-session: ada@pts/3", "systemd")]
    [InlineData("shell", "ada started it in bash 20, in tmux", "node", "bash", "tmux: server", "systemd")]
    [InlineData("login", "ada started it in bash 20, logged in at a console", "node", "bash", "login", "systemd")]
    [InlineData("supervisor", "supervisord (20) runs it", "node", "supervisord", "systemd")]
    [InlineData("supervisor", "PM2 (30) runs it", "node", "sh", "PM2 v5.3.0: God", "systemd")]
    [InlineData("supervisor", "nodemon (20) runs it", "node", "nodemon", "bash", "systemd")]
    [InlineData("cron", "cron ran it (*/5 * * * *)", "python3", "sh|/bin/sh|-c|/srv/job --port 8080", "cron", "cron", "systemd")]
    [InlineData("cron", "cron ran it for ada", "python3", "cron", "systemd")]
    [InlineData("at", "at(1) ran it once", "python3", "sh", "atd", "systemd")]
    public void The_nearest_ancestor_that_starts_others_is_named(string code, string text, params string[] chain)
    {
        var (by, _) = StartChain.Of(
            Chain(chain), static line => line == "/srv/job --port 8080" ? new CrontabLine("*/5 * * * *", "/etc/crontab, line 7") : null,
            static _ => "ada");

        Assert.Equal((code, text), (by?.Code, by?.Text));
    }

    [Theory]
    [InlineData("supervisord, at once if its configuration sets autorestart", "node", "supervisord", "systemd")]
    [InlineData("nodemon, when a file changes", "node", "nodemon", "bash", "systemd")]
    [InlineData("cron, at its next time", "node", "cron", "systemd")]
    [InlineData("nothing known", "node", "bash", "systemd")]
    [InlineData(null, "node", "systemd")]
    public void What_would_start_it_again_is_said(string? text, params string[] chain) =>
        Assert.Equal(text, StartChain.Of(Chain(chain), static _ => null, static _ => "ada").Again?.Text);

    /// <summary>
    /// Where process 1 is the small one of a container it starts the service itself, in a session of the service's own or in its own.
    /// </summary>
    [Theory]
    [InlineData(7, 1, true)]
    [InlineData(10, 1, false)]
    [InlineData(1, 1, false)]
    [InlineData(0, 1, false)]
    [InlineData(7, 0, false)]
    public void Adopted_is_said_only_where_the_session_shows_another_parent(int session, int sessionOfFirst, bool isAdopted)
    {
        var chain = Chain(["node", "init"]);

        var (by, _) = StartChain.Of(
            [chain[0] with { SessionId = session }, chain[1] with { SessionId = sessionOfFirst }], static _ => null, static _ => "ada");

        Assert.Equal(
            isAdopted ? ("orphan", "its parent exited, and process 1 adopted it; the parent may have opened this socket") : (null, null),
            (by?.Code, by?.Text));
    }

    [Theory]
    [InlineData("stop it in supervisord, which keeps it running", 0, "supervisord")]
    [InlineData("stop it with pm2 stop, because PM2 keeps it running (pm2 list shows its name)", 0, "PM2 v5.3.0: God")]
    [InlineData("press Ctrl-C in the terminal of that shell, pts/3", 0x8803, "bash|-bash")]
    [InlineData("press Ctrl-C in the terminal of that shell", 0x401, "zsh|zsh|-il")]
    [InlineData("end that shell's loop with kill 20", 0x8803, "bash|bash|/srv/loop")]
    [InlineData("end that shell's loop with kill 20", 0x8803, "sh|sh|-ec|while :; do node; done")]
    [InlineData("end that shell's loop with kill 20", 0, "bash|bash")]
    [InlineData("end that one first, with kill 20", 0, "launcher")]
    public void How_to_keep_a_starter_from_starting_it_anew(string order, int terminal, string starter) =>
        Assert.Equal(order, StartChain.HowToEnd(Chain(["node", starter, "init"])[1] with { TerminalDevice = terminal }));

    [Fact]
    public void The_daemon_of_sshd_is_no_login_of_its_own() => Assert.Null(
        StartChain.Of(Chain(["node", "sshd|/usr/sbin/sshd", "init"])[..2], static _ => null, static _ => null).By);

    /// <summary>Processes 10, 20, 30… and process 1 last, each a name, or a name and its command line.</summary>
    private static ProcessInfo[] Chain(string[] words) => [.. words.Select((word, at) =>
    {
        var parts = word.Split('|');
        return new ProcessInfo(at == words.Length - 1 ? 1 : (at + 1) * 10, 1)
        {
            Name = parts[0],
            UserId = 1000,
            CommandLine = parts.Length > 1 ? parts[1..] : [parts[0]],
        };
    })];
}
