using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Containers;

/// <summary>
/// A machine with real container engines: rootful Podman, Docker, and Podman of an ordinary user, all started by systemd. Containers run a
/// web server of busybox from a folder or an image made of it; no registry is asked.
/// </summary>
public sealed class EngineMachine : IDisposable
{
    internal const string User = "ann";
    internal const int UserId = 7001;

    /// <summary>How Podman runs a container here.</summary>
    internal const string PodmanRun = "podman --runtime runc run --pids-limit 0";

    private const string Tree = "/run/tree";

    // The folder that containers run in: busybox, and the libraries that it needs where it is not a static program.
    private const string Prepare =
        """
        mkdir -p /run/tree/bin /run/tree/proc /run/tree/sys /run/tree/dev /run/tree/tmp /run/tree/etc /run/tree/run
        cp -L "$(command -v busybox)" /run/tree/bin/busybox
        for library in $(ldd /run/tree/bin/busybox 2>/dev/null | grep -o '/[^ ]*'); do mkdir -p /run/tree$(dirname $library); cp -L $library /run/tree$library; done
        for applet in sh httpd sleep; do ln -s busybox /run/tree/bin/$applet; done
        mkdir -p /etc/docker /etc/containerd /etc/containers
        echo '{"storage-driver":"vfs","data-root":"/run/data/docker"}' > /etc/docker/daemon.json
        printf 'version = 2\nroot = "/run/data/containerd"\n' > /etc/containerd/config.toml
        cat > /etc/containers/storage.conf <<'C'
        [storage]
        driver = "overlay"
        graphroot = "/run/data/containers"
        runroot = "/run/containers/storage"
        C
        mkdir /run/home
        useradd -m -d /run/home/ann -u 7001 ann
        echo ann:100000:65536 > /etc/subuid
        echo ann:100000:65536 > /etc/subgid
        cat > /run/as-ann <<'A'
        #!/bin/sh
        cd /run/home/ann
        exec setpriv --reuid 7001 --regid 7001 --init-groups env HOME=/run/home/ann XDG_RUNTIME_DIR=/run/user/7001 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/7001/bus "$@"
        A
        chmod +x /run/as-ann
        """;

    private SystemdMachine? _machine;
    private bool _hasDocker, _hasUser;

    /// <summary>The machine, with Podman.</summary>
    internal SystemdMachine Host
    {
        get
        {
            if (_machine is null)
            {
                foreach (var (program, package) in new[] { ("podman", "podman"), ("conmon", "conmon"), ("runc", "runc"),
                    ("netavark", "netavark"), ("busybox", "busybox"), ("dbus-daemon", "dbus-daemon"), ("useradd", "passwd"),
                    ("setpriv", "util-linux") })
                {
                    Require(program, package);
                }

                _machine = SystemdMachine.Start(Prepare, "dbus.socket");
            }

            return _machine;
        }
    }

    /// <summary>Starts a container of rootful Podman that publishes a port.</summary>
    internal void RunPodman(string name, int port, string where = "") =>
        Host.Shell($"podman --runtime runc run -d --name {name} -p {where}{port}:80 --pids-limit 0 --rootfs {Tree} /bin/httpd -f -p 80");

    /// <summary>Starts a container of Docker that publishes a port.</summary>
    internal void RunDocker(string name, int port, string where = "")
    {
        StartDocker();
        Host.Shell($"/usr/bin/docker run -d --name {name} -p {where}{port}:80 tree /bin/httpd -f -p 80");
    }

    /// <summary>Makes a unit that is started again whatever ends it, and starts it.</summary>
    /// <param name="name">Its name, without <c>.service</c>.</param>
    /// <param name="lines">What it runs; %n is its own name.</param>
    /// <param name="isUsers">Whether it is one of the ordinary user's manager.</param>
    internal void StartUnit(string name, string lines, bool isUsers = false)
    {
        var folder = isUsers ? "/run/home/ann/.config/systemd/user" : "/etc/systemd/system";
        var systemctl = isUsers ? "/run/as-ann systemctl --user" : "systemctl";
        Host.Shell(
            $"""
            mkdir -p {folder}
            cat > {folder}/{name}.service <<'U'
            [Service]
            Restart=always
            TimeoutStopSec=2
            {lines}
            U
            chown -R ann /run/home/ann
            {systemctl} daemon-reload
            {systemctl} start {name}
            """);
    }

    /// <summary>What a unit of <c>podman generate systemd --new</c> says, for a container that publishes a port.</summary>
    internal static string GeneratedUnit(string name, int port) =>
        $"""
        Environment=PODMAN_SYSTEMD_UNIT=%n
        ExecStartPre=/bin/rm -f %t/%n.ctr-id
        ExecStart=/usr/bin/{PodmanRun} --cidfile=%t/%n.ctr-id --cgroups=no-conmon --rm --sdnotify=conmon -d --replace \
            --name {name} -p {port}:80 --rootfs {Tree} /bin/httpd -f -p 80
        ExecStop=/usr/bin/podman stop --ignore -t 0 --cidfile=%t/%n.ctr-id
        ExecStopPost=/usr/bin/podman rm -f --ignore -t 0 --cidfile=%t/%n.ctr-id
        Type=notify
        NotifyAccess=all
        """;

    /// <summary>What the unit says that Quadlet (podman-systemd.unit(5)) makes of a file NAME.container which publishes a port.</summary>
    internal static string QuadletUnit(string name, int port, string tree = Tree) =>
        $"""
        Environment=PODMAN_SYSTEMD_UNIT=%n
        KillMode=mixed
        ExecStop=/usr/bin/podman rm -f -i --cidfile=%t/%N.cid
        ExecStopPost=-/usr/bin/podman rm -f -i --cidfile=%t/%N.cid
        Delegate=yes
        Type=notify
        NotifyAccess=all
        ExecStart=/usr/bin/{PodmanRun} --name=systemd-{name} --cidfile=%t/%N.cid --replace --rm --cgroups=split --sdnotify=conmon -d \
            -p {port}:80 --rootfs {tree} /bin/httpd -f -p 80
        """;

    /// <summary>What a unit says that waits for a program to end which runs a container.</summary>
    internal static string WaitingUnit(string program, string name, int port, string tree = Tree) => program == "docker"
        ? $"ExecStart=/usr/bin/docker run --rm --name {name} -p {port}:80 tree /bin/httpd -f -p 80"
        : $"ExecStart=/usr/bin/{PodmanRun} --rm --name={name} -p {port}:80 --rootfs {tree} /bin/httpd -f -p 80";

    /// <summary>Starts Docker.</summary>
    internal void StartDocker()
    {
        if (!_hasDocker)
        {
            Require("dockerd", "docker.io");
            Host.Shell("systemctl start docker; tar -C /run/tree -c . | /usr/bin/docker import - tree");
            _hasDocker = true;
        }
    }

    /// <summary>Starts a container of the ordinary user's Podman that publishes a port.</summary>
    internal void RunRootless(string name, int port, string network = "")
    {
        StartUser();
        Host.Shell($"/run/as-ann systemd-run -q --user --scope podman --runtime runc run -d --name {name} {network} -p {port}:80 "
            + $"--pids-limit 0 --rootfs /run/home/ann/tree /bin/httpd -f -p 80");
    }

    /// <summary>Starts the ordinary user's own systemd.</summary>
    internal void StartUser()
    {
        if (!_hasUser)
        {
            Require("slirp4netns", "slirp4netns");
            Require("newuidmap", "uidmap");
            Host.Shell("systemctl start user@7001; cp -r /run/tree /run/home/ann/tree; chown -R ann /run/home/ann/tree");
            _hasUser = true;
        }
    }

    /// <summary>Whether a connect to a port of this machine is answered.</summary>
    internal bool Answers(int port) => Host.Run("bash", "-c", $"exec 3<>/dev/tcp/127.0.0.1/{port}").ExitCode == 0;

    /// <summary>Turns ufw on, with a machine outside of it.</summary>
    internal void PutUfw()
    {
        Require("ufw", "ufw");
        PutOutside();
        Host.Shell("ufw --force enable");
    }

    /// <summary>Puts a machine outside, which reaches this one at 198.51.100.1.</summary>
    internal void PutOutside() =>
        Host.Shell(
            """
            ip link add e0 type veth peer name e1
            ip netns add client
            ip link set e1 netns client
            ip addr add 198.51.100.1/24 dev e0
            ip link set e0 up
            ip -n client link set lo up
            ip -n client addr add 198.51.100.2/24 dev e1
            ip -n client link set e1 up
            ip -n client route add default via 198.51.100.1
            """);

    /// <summary>Takes all of that back.</summary>
    internal void TakeUfw()
    {
        Host.Shell("ufw --force reset");
        TakeOutside();
    }

    /// <summary>Takes the machine outside away.</summary>
    internal void TakeOutside() => Host.Shell("ip link del e0; ip netns del client");

    /// <summary>Whether the machine outside gets an answer from a port.</summary>
    internal bool AnswersClient(int port) =>
        Host.Run("ip", "netns", "exec", "client", "timeout", "3", "bash", "-c", $"exec 3<>/dev/tcp/198.51.100.1/{port}").ExitCode == 0;

    /// <inheritdoc/>
    public void Dispose() => _machine?.Dispose();

    private static void Require(string program, string package) =>
        Assert.SkipUnless(
            new[] { "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/lib/podman" }.Any(folder => File.Exists(Path.Combine(folder, program))),
            $"{program} is not installed: apt-get install {package}");
}
