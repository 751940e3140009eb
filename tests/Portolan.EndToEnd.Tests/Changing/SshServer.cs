using System.Diagnostics;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>
/// A real sshd in a host, on a machine of its own, with keys that the test makes; and an ordinary user, alice, who may do everything by
/// sudo.
/// </summary>
internal sealed class SshServer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-ssh-").FullName;
    private readonly Process _process;
    private readonly RuleLab _lab;

    /// <summary>Starts it. Skips the test where OpenSSH is not installed.</summary>
    public SshServer(RuleLab lab)
    {
        _lab = lab;
        var sshd = Tool.Find("sshd");
        Tool.Find("ssh");
        foreach (var name in (ReadOnlySpan<string>)["key", "host"])
        {
            Programs.Run(Tool.Find("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-f", $"{_folder}/{name}"]).Expect(0);
        }

        var text =
            $"""
            HostKey {_folder}/host
            AuthorizedKeysFile {_folder}/key.pub
            PidFile none
            UsePAM no
            StrictModes no
            PermitRootLogin yes
            """;
        File.WriteAllText($"{_folder}/config", text);
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);

        // Nobody's password opens anything: logins are by key, and an asterisk is no password.
        _process = PrivateMachine.Begin(
            lab.Server,
            $"""
            mkdir -p /run/sshd /etc/sudoers.d
            echo 'alice:x:12345:12345::/tmp:/bin/sh' >> /etc/passwd
            echo 'alice:*:19000:0:99999:7:::' >> /etc/shadow
            sed -i 's/^root:[^:]*:/root:*:/' /etc/shadow
            echo 'alice ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/alice; chmod 440 /etc/sudoers.d/alice
            exec {sshd} -D -e -f {_folder}/config
            """);
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        if (!SpinWait.SpinUntil(() => lab.LetsIn(22, 1), TimeSpan.FromSeconds(30)))
        {
            // Nobody disposes what was not made.
            Dispose();
            Assert.Fail("sshd does not listen");
        }
    }

    /// <summary>Runs a line of shell at the server, over a connection of its own.</summary>
    public RunResult Run(string line, string user = "root", string address = RuleLab.ServerAddress) =>
        Over(["-o", "ControlMaster=no", "-o", "ControlPath=none"], line, user, address);

    /// <summary>Runs a line of shell at the server, over a connection to another port.</summary>
    public RunResult RunAt(
        int port, string line) =>
            Over(
                ["-o", "ControlPath=none", "-p", port.ToString(System.Globalization.CultureInfo.InvariantCulture)], line, "root",
                RuleLab.ServerAddress);

    /// <summary>Runs a line of shell at the server, over a connection of the machine to itself.</summary>
    public RunResult RunFromItself(string line, string address) => Over(["-o", "ControlPath=none"], line, "root", address, _lab.Server);

    /// <summary>Runs a line of shell over the connection that <see cref="Multiplex"/> made.</summary>
    public RunResult RunOverTheSame(string line) => Over(["-S", $"{_folder}/control"], line, "root", RuleLab.ServerAddress);

    /// <summary>Makes a connection that others share (ControlMaster), until what is returned is disposed.</summary>
    public IDisposable Multiplex()
    {
        var master = new Held(_lab.Client.Start(
            Tool.Find("ssh"), [.. Options, "-M", "-N", "-S", $"{_folder}/control", $"root@{RuleLab.ServerAddress}"]));
        Assert.True(SpinWait.SpinUntil(() => File.Exists($"{_folder}/control"), TimeSpan.FromSeconds(30)), "no connection was made");
        return master;
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.End();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string[] Options =>
        ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o",
            "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", $"{_folder}/key"];

    private RunResult Over(string[] how, string line, string user, string address, LabHost? from = null)
    {
        var (output, error, exit) = (from ?? _lab.Client).Execute(
            Tool.Find("ssh"), "", [.. Options, .. how, $"{user}@{address}", $"P='{PortolanProgram.Path}'; {line}"]);
        return new RunResult(exit, output, error);
    }

    private sealed class Held(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill(entireProcessTree: true);
            process.End();
            process.Dispose();
        }
    }
}
