using System.Text;
using Portolan.Linux.Proc;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

/// <summary>One recording of every layout that is met in the field, as /proc/PID/cgroup shows it.</summary>
public sealed class CgroupPlacementTests
{
    private const string Id = "3f4c0d8a9b7e6f5d4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a29180f7e6d5";
    private const string Outer = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Pod = "7f9d1c2b-0a1b-4c3d-8e5f-112233445566";

    [Theory]
    [InlineData("0::/system.slice/ssh.service\n", "ssh.service")]
    [InlineData("0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service")]
    [InlineData("0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n", "postgresql@15-main.service")]
    [InlineData("0::/init.scope\n", "init.scope")]
    [InlineData("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope")]
    [InlineData(
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal-1234.scope\n",
        "app-org.gnome.Terminal-1234.scope")]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/session.slice/pipewire.service\n", "pipewire.service")]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "user@1000.service")]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/user.slice/podman-9.scope\n", "podman-9.scope")]
    [InlineData("0::/system.slice/web.service/worker/3\n", "web.service")]
    [InlineData("0::/system.slice/dev-disk-by\\x2duuid-1.swap\n", "dev-disk-by\\x2duuid-1.swap")]
    [InlineData("0::/system.slice/_cpu.service\n", "cpu.service")]
    [InlineData("0::/\n", null)]
    [InlineData("0::/a/plain/group\n", null)]
    [InlineData("0::/system.slice\n", null)]
    [InlineData("0::/system.slice/.service\n", null)]
    [InlineData("", null)]
    [InlineData("garbage\n::\n:\n0:\n", null)]
    public void Units_of_version_2(string text, string? unit)
    {
        Assert.Equal<(string?, ContainerInfo?)>((unit, null), Names(Parse(text)));
    }

    [Fact]
    public void Units_of_version_1_come_from_systemds_own_hierarchy()
    {
        var placement = Parse(
            """
            12:pids:/system.slice/ssh.service
            11:cpuset:/
            10:memory:/system.slice/other.service
            1:name=systemd:/system.slice/ssh.service

            """);

        Assert.Equal<(string?, ContainerInfo?)>(("ssh.service", null), Names(placement));
    }

    /// <summary>Folders of the system stand for groups: whose they are is what counts.</summary>
    [Theory]
    [InlineData("/usr", "1:name=systemd:/system.slice/ssh.service\n", NameGrade.Proved)]
    [InlineData("/usr", "4:memory:/system.slice/ssh.service\n1:name=systemd:/system.slice/ssh.service\n0::/\n", NameGrade.Proved)]
    [InlineData("/", "1:name=systemd:/user.slice/ssh.service\n", NameGrade.Claimed)]
    [InlineData("/nowhere", "1:name=systemd:/system.slice/ssh.service\n", NameGrade.Claimed)]
    [InlineData(null, "1:name=systemd:/system.slice/ssh.service\n", NameGrade.Claimed)]
    public void A_unit_of_version_1_is_proved_by_systemds_own_hierarchy_alone(string? systemd, string text, NameGrade grade)
    {
        var placement = ParseVersion1(systemd, text);
        Assert.Equal(("ssh.service", grade), (placement.Unit, placement.UnitGrade));
    }

    [Theory]
    [InlineData("/usr", "1:name=systemd:/docker/" + Id + "\n", NameGrade.Proved)]
    [InlineData("/usr", "4:memory:/docker/" + Id + "\n1:name=systemd:/\n", NameGrade.Proved)]
    [InlineData("/nowhere", "4:memory:/docker/" + Id + "\n1:name=systemd:/\n", NameGrade.Claimed)]
    [InlineData(null, "1:name=systemd:/docker/" + Id + "\n", NameGrade.Claimed)]
    public void So_is_a_container(string? systemd, string text, NameGrade grade)
    {
        var placement = ParseVersion1(systemd, text);
        Assert.Equal(("docker", grade), (placement.Container?.Runtime, placement.Container?.Grade));
    }

    private static CgroupPlacement ParseVersion1(string? systemd, string text)
    {
        var roots = new CgroupRoots(unified: null, systemd);
        return CgroupPlacement.Parse(Encoding.UTF8.GetBytes(text), (path, isUnified) => roots.IsNamedByRoot(
            path.Replace("/system.slice/", "/lib/", StringComparison.Ordinal).Replace("/docker/", "/lib/", StringComparison.Ordinal)
                .Replace("/user.slice/", "/tmp/", StringComparison.Ordinal),
            isUnified));
    }

    [Fact]
    public void Units_of_a_hybrid_come_from_either()
    {
        Assert.Equal("ssh.service", Parse("1:name=systemd:/system.slice/ssh.service\n0::/system.slice/ssh.service\n").Unit);
        Assert.Equal("ssh.service", Parse("1:name=systemd:/\n0::/system.slice/ssh.service\n").Unit);
        Assert.Null(Parse("4:memory:/process_api/x.service\n1:name=systemd:/\n0::/\n").Unit);
    }

    [Theory]
    [InlineData("0::/system.slice/docker-ID.scope", "docker", null)]
    [InlineData("0::/docker/ID", "docker", null)]
    [InlineData("0::/docker.slice/docker-ID.scope", "docker", null)]
    [InlineData("0::/ecs/0123456789abcdef/ID", "docker", null)]
    [InlineData("0::/machine.slice/libpod-ID.scope", "podman", null)]
    [InlineData("0::/machine.slice/libpod-ID.scope/container", "podman", null)]
    [InlineData("0::/libpod_parent/libpod-ID", "podman", null)]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope/container", "podman", null)]
    [InlineData("0::/system.slice/nerdctl-ID.scope", "containerd", null)]
    [InlineData("0::/default/ID", "containerd", null)]
    [InlineData("0::/system.slice/crio-ID.scope", "cri-o", null)]
    [InlineData("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podPOD_.slice/cri-containerd-ID.scope", "containerd", Pod)]
    [InlineData("0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podPOD_.slice/crio-ID.scope", "cri-o", Pod)]
    [InlineData("0::/kubepods.slice/kubepods-podPOD_.slice/docker-ID.scope", "docker", Pod)]
    [InlineData("0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podPOD_.slice/cri-containerd-ID.scope", "containerd", Pod)]
    [InlineData("0::/kubepods/burstable/podPOD/ID", "containerd", Pod)]
    [InlineData("0::/kubepods/besteffort/podPOD/crio-ID", "cri-o", Pod)]
    public void Containers_of_every_runtime(string path, string runtime, string? pod)
    {
        var text = path.Replace("ID", Id, StringComparison.Ordinal).Replace("POD_", Pod.Replace('-', '_'), StringComparison.Ordinal)
            .Replace("POD", Pod, StringComparison.Ordinal);

        var placement = Parse(text + "\n");

        var isOfUser = path.Contains("user@1000.service", StringComparison.Ordinal);
        Assert.Equal(
            new ContainerInfo(
                Id, runtime, null, pod)
            { Grade = isOfUser ? NameGrade.Claimed : NameGrade.Proved, EngineUser = isOfUser ? 1000u : 0 },
                placement.Container);
        Assert.Equal(path.Contains("user@1000.service", StringComparison.Ordinal) ? "user@1000.service" : null, placement.Unit);
    }

    [Theory]
    [InlineData("docker-ID.scope")]
    [InlineData("user.slice/docker-ID.scope")]
    [InlineData("docker/ID")]
    [InlineData("lxc.payload.web")]
    [InlineData("machine.slice/machine-box.scope")]
    public void A_user_who_names_groups_below_his_manager_names_no_container(string below)
    {
        var placement = Parse($"0::/user.slice/user-1000.slice/user@1000.service/{below.Replace("ID", Id, StringComparison.Ordinal)}\n");

        Assert.Null(placement.Container);
    }

    [Fact]
    public void A_unit_below_a_users_manager_is_a_claim_and_a_user_unit()
    {
        var placement = Parse("0::/user.slice/user-1000.slice/user@1000.service/ssh.service\n");

        Assert.Equal(("ssh.service", true, NameGrade.Claimed), (placement.Unit, placement.IsUserUnit, placement.UnitGrade));
        Assert.Equal("/user.slice/user-1000.slice/user@1000.service/ssh.service", placement.UnitPath);
    }

    [Fact]
    public void A_unit_in_a_group_that_is_not_roots_to_name_is_a_claim()
    {
        var placement = CgroupPlacement.Parse("0::/system.slice/ssh.service\n"u8, (path, isUnified) => path == "/other" && isUnified);

        Assert.Equal(("ssh.service", false, NameGrade.Claimed), (placement.Unit, placement.IsUserUnit, placement.UnitGrade));
    }

    [Theory]
    [InlineData("0::/lxc.payload.web/system.slice/nginx.service", "lxc", "web", "nginx.service")]
    [InlineData("0::/lxc.payload.web", "lxc", "web", null)]
    [InlineData("0::/lxc.payload/web/init.scope", "lxc", "web", "init.scope")]
    [InlineData("0::/lxc/101/ns/system.slice/cron.service", "lxc", "101", "cron.service")]
    [InlineData("0::/machine.slice/machine-my\\x2dbox.scope/payload/system.slice/ssh.service", "nspawn", "my-box", "ssh.service")]
    [InlineData("0::/machine.slice/systemd-nspawn@box.service/payload/init.scope", "nspawn", "box", "init.scope")]
    [InlineData("0::/machine.slice/machine-lxc\\x2d1234\\x2dweb.scope", "lxc", "lxc-1234-web", null)]
    public void System_containers_keep_the_unit_inside(string path, string runtime, string name, string? unit)
    {
        Assert.Equal<(string?, ContainerInfo?)>((unit, new ContainerInfo(name, runtime, null, null)), Names(Parse(path + "\n")));
    }

    [Theory]
    [InlineData("0::/machine.slice/libpod-conmon-ID.scope")]
    [InlineData("0::/system.slice/crio-conmon-ID.scope")]
    [InlineData("0::/lxc.monitor.web")]
    [InlineData("0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator")]
    [InlineData("0::/system.slice/docker.service")]
    [InlineData("0::/system.slice/docker-0123.scope")]
    public void Monitors_machines_and_look_alikes_are_no_containers(string path)
    {
        Assert.Null(Parse(path.Replace("ID", Id, StringComparison.Ordinal) + "\n").Container);
    }

    [Fact]
    public void A_service_that_holds_its_container_is_named_beside_it()
    {
        var placement = Parse($"0::/system.slice/web.service/libpod-payload-{Id}\n");

        Assert.Equal<(string?, ContainerInfo?)>(("web.service", new ContainerInfo(Id, "podman", null, null)), Names(placement));
    }

    [Fact]
    public void Of_nested_containers_the_outermost_is_taken()
    {
        var placement = Parse(
            $"0::/system.slice/docker-{Outer}.scope/kubelet.slice/kubelet-kubepods-pod{Pod.Replace('-', '_')}.slice/cri-containerd-{Id}"
                + $".scope\n");

        Assert.Equal(new ContainerInfo(Outer, "docker", null, null), placement.Container);
    }

    [Fact]
    public void A_container_of_version_1_may_show_in_a_controller_only()
    {
        var placement = Parse($"9:memory:/docker/{Id}\n1:name=systemd:/\n");

        Assert.Equal<(string?, ContainerInfo?)>((null, new ContainerInfo(Id, "docker", null, null)), Names(placement));
    }

    [Theory]
    [InlineData("ssh.service", "ssh.service")]
    [InlineData("dev-disk-by\\x2duuid.swap", "dev-disk-by-uuid.swap")]
    [InlineData("app-caf\\xc3\\xa9.scope", "app-café.scope")]
    [InlineData("bad\\xzz.scope", "bad\\xzz.scope")]
    [InlineData("end\\x2", "end\\x2")]
    [InlineData("mixed\\x2dünit.service", "mixed-ünit.service")]
    public void Escapes_in_unit_names_are_made_readable(string unit, string shown)
    {
        Assert.Equal(shown, UnitName.Display(unit));
    }

    [Fact]
    public void Half_a_character_in_a_unit_name_is_replaced()
    {
        Assert.Equal("\ufffd-", UnitName.Display("\ud800\\x2d"));
    }

    [Fact]
    public void Hostile_bytes_never_throw()
    {
        const int Seed = 77;
        var random = new Random(Seed);
        string[] words = [
            "0::", "1:name=systemd:", "/", "\n", ":", "docker-", "lxc", "machine.slice", "machine-", "\\x2d", ".scope", ".service", "user@",
            "pod", "kubepods", Id, "..", "\0", "_"];
        for (var round = 0; round < 20_000; round++)
        {
            var text =
                Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => words[random.Next(words.Length)])));
            for (var change = random.Next(3); change > 0 && text.Length > 0; change--)
            {
                text[random.Next(text.Length)] = (byte)random.Next(256);
            }

            try
            {
                var placement = CgroupPlacement.Parse(text);
                _ = placement.Unit is { } unit ? UnitName.Display(unit) : null;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, round {round}: {e}");
            }
        }
    }

    private static CgroupPlacement Parse(string text) => CgroupPlacement.Parse(Encoding.UTF8.GetBytes(text));

    private static (string? Unit, ContainerInfo? Container) Names(CgroupPlacement placement) => (placement.Unit, placement.Container);
}
