using Portolan.Linux;
using Portolan.Linux.Namespaces;

namespace Portolan.Tests.Linux.Namespaces;

/// <summary>Why namespaces are refused, and what is said of settings that would allow them to everybody.</summary>
public sealed class NamespaceObstaclesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("portolan-test-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(
        "kernel/unprivileged_userns_clone", "0\n", "ForbiddenToUsers",
        "run it as root; kernel.unprivileged_userns_clone=1 would open user namespaces, and more kernel interfaces, "
            + "to every user and program")]
    [InlineData(
        "kernel/unprivileged_userns_clone", "1\n", "Sandbox",
        "run it as root outside the container or sandbox; docker run --security-opt seccomp=unconfined also allows it")]
    [InlineData(
        "kernel/apparmor_restrict_unprivileged_userns", "1\n", "AppArmor",
        "run it as root; kernel.apparmor_restrict_unprivileged_userns=0 would open user namespaces, and more kernel "
            + "interfaces, to every program")]
    [InlineData(
        "kernel/apparmor_restrict_unprivileged_userns", "2\n", "AppArmor",
        "run it as root; kernel.apparmor_restrict_unprivileged_userns=0 would open user namespaces, and more kernel "
            + "interfaces, to every program")]
    [InlineData(
        "kernel/apparmor_restrict_unprivileged_userns", "0\n", "Sandbox",
        "run it as root outside the container or sandbox; docker run --security-opt seccomp=unconfined also allows it")]
    public void A_refusal_is_explained_by_the_setting_that_makes_it_and_root_is_advised_first(
        string setting, string value, string obstacle, string advice)
    {
        Write(setting, value);
        foreach (var errno in (ReadOnlySpan<int>)[Errno.NotPermitted, Errno.AccessDenied])
        {
            AssertExplained(errno, obstacle, advice);
        }
    }

    [Theory]
    [InlineData("max_user_namespaces")]
    [InlineData("max_net_namespaces")]
    [InlineData("max_mnt_namespaces")]
    [InlineData("max_pid_namespaces")]
    public void A_limit_of_none_is_named_with_whom_a_higher_one_is_for(string name)
    {
        Write("user/" + name, "0\n");
        AssertExplained(Errno.NoSpace, "Limit", $"allow them, to every user and program: sudo sysctl user.{name}=1000");
    }

    [Fact]
    public void A_limit_that_is_reached_is_not_raised()
    {
        Write("user/max_user_namespaces", "1000\n");
        AssertExplained(
            Errno.NoSpace, "Limit",
            "too many namespaces exist, or they are nested too deep: see user.max_user_namespaces and "
                + "user.max_net_namespaces in sysctl -a");
    }

    private void AssertExplained(int errno, string obstacle, string advice)
    {
        var found = NamespaceObstacles.Explain(errno, "make namespaces", _root);
        Assert.Equal((obstacle, advice), (found.Obstacle.ToString(), found.Remedy?.ToString()));
    }

    private void Write(string name, string value)
    {
        var path = Path.Combine(_root, "sys", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, value);
    }
}
