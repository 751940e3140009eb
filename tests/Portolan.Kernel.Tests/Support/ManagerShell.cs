using System.Diagnostics;

namespace Portolan.Kernel.Tests.Support;

/// <summary>
/// A shell in a host of the lab with mounts and processes of its own, in which real firewall managers run and commands are pasted.
/// </summary>
internal sealed class ManagerShell : IDisposable
{
    private const string Done = "--done--";

    private readonly Process _process;

    /// <param name="host">The host.</param>
    /// <param name="setup">Starts the manager, and waits until it answers.</param>
    public ManagerShell(LabHost host, string setup)
    {
        // What ends the first process of the namespace ends the manager too.
        _process = host.Start(
            Tool.Find("unshare"), "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
            Tool.Find("bash"), "-c", $$"""
            PATH=/usr/sbin:/usr/bin:/sbin:/bin
            sudo() { "$@"; }
            mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /tmp; mount -t tmpfs tmpfs /var/log
            {{setup}}
            while read -r line; do eval "$line" 2>&1; echo "{{Done}} $?"; done
            """);
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        Run(":");
    }

    /// <summary>firewalld with its own bus and copies of its files. Skips the test where it is not installed.</summary>
    public static ManagerShell Firewalld(LabHost host)
    {
        Tool.Find("firewall-cmd");
        Tool.Find("dbus-daemon");
        return new ManagerShell(host, """
            mkdir -p /run/dbus; cp -a /etc/firewalld /tmp/firewalld; mount --bind /tmp/firewalld /etc/firewalld
            export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket
            dbus-daemon --system --fork --nopidfile --address=$DBUS_SYSTEM_BUS_ADDRESS
            firewalld --nofork --nopid >/dev/null 2>&1 &
            for try in $(seq 1 600); do firewall-cmd --state >/dev/null 2>&1 && break; sleep 0.1; done
            """);
    }

    /// <summary>ufw with copies of its files, enabled: it denies what comes in. Skips the test where it is not installed.</summary>
    public static ManagerShell Ufw(LabHost host)
    {
        Tool.Find("ufw");
        return new ManagerShell(host, """
            cp -a /etc/ufw /tmp/etc-ufw; mount --bind /tmp/etc-ufw /etc/ufw
            if test -d /lib/ufw; then cp -a /lib/ufw /tmp/lib-ufw; mount --bind /tmp/lib-ufw /lib/ufw; fi
            ufw --force enable >/dev/null 2>&1
            """);
    }

    /// <summary>fail2ban with one jail, <c>demo</c>, for a port. Skips the test where it is not installed.</summary>
    public static ManagerShell Fail2ban(LabHost host, int port)
    {
        Tool.Find("fail2ban-server");
        return new ManagerShell(host, $$"""
            cp -a /etc/fail2ban /tmp/fail2ban; rm -f /tmp/fail2ban/jail.d/*; : >/tmp/demo.log
            printf '[DEFAULT]\nbanaction = nftables-multiport\n[sshd]\nenabled = false\n[demo]\nenabled = true\nfilter = sshd\nport = {{port}}\nbackend = polling\nlogpath = /tmp/demo.log\n' >/tmp/fail2ban/jail.local
            fail2ban-server -c /tmp/fail2ban -s /run/demo.sock -p /run/demo.pid --logtarget /tmp/fail2ban.log -f start >/dev/null 2>&1 &
            for try in $(seq 1 600); do fail2ban-client -s /run/demo.sock ping >/dev/null 2>&1 && break; sleep 0.1; done
            """);
    }

    /// <summary>Runs a line, and returns what it printed; fails the test when it fails.</summary>
    public string Run(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        var output = new List<string>();
        while (_process.StandardOutput.ReadLine() is { } text)
        {
            if (text.StartsWith(Done, StringComparison.Ordinal))
            {
                Assert.True(text == $"{Done} 0", $"{line}: {text}\n{string.Join('\n', output)}");
                return string.Join('\n', output);
            }

            output.Add(text);
        }

        throw new InvalidOperationException($"the shell ended at {line}");
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
