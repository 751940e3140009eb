using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>
/// What <c>./test</c> installs for the tests starts no service of this machine: units are masked before their packages come.
/// </summary>
public sealed class PrerequisitesTests
{
    // systemctl is a function of the script that is tried: nothing is masked here.
    private const string Try = """
        . scripts/prerequisites.sh
        missing_packages=$1
        systemctl() {
            echo "systemctl $*"
            case $* in *"$FAILING"*) return 1 ;; esac
        }
        mask_services 2>&1
        echo "install$missing_packages"
        """;

    [Theory]
    [InlineData(
        " nmap firewalld fail2ban", "none",
        "systemctl mask firewalld.service\nsystemctl mask fail2ban.service\ninstall nmap firewalld fail2ban\n")]
    [InlineData(" nmap", "none", "install nmap\n")]
    [InlineData(" firewalld-tests", "none", "install firewalld-tests\n")]
    [InlineData(" firewalld nmap", "firewalld", "systemctl mask firewalld.service\ninstall nmap\n")]
    [InlineData(" nmap fail2ban", "fail2ban", "systemctl mask fail2ban.service\ninstall nmap\n")]
    [InlineData(" docker.io", "none", "systemctl mask docker.service docker.socket containerd.service\ninstall docker.io\n")]
    [InlineData(
        " rabbitmq-server postgresql", "none",
        "systemctl mask rabbitmq-server.service epmd.service epmd.socket\nsystemctl mask postgresql.service\n"
            + "install rabbitmq-server postgresql\n")]
    [InlineData(
        " rabbitmq-server", "epmd.socket", "systemctl mask rabbitmq-server.service epmd.service epmd.socket\ninstall\n")]
    public void Units_are_masked_before_their_package_is_installed_or_it_is_left_out(string missing, string failing, string expected) =>
        Assert.Equal(expected, Run("/", missing, failing));

    [Fact]
    public void Without_systemd_nothing_is_started_that_would_have_to_be_masked() =>
        Assert.Equal("install firewalld\n", Run("/nowhere/systemd", " firewalld", "none"));

    private static string Run(string systemd, string missing, string failing)
    {
        var environment = new Dictionary<string, string?> { ["SYSTEMD_RUNTIME"] = systemd, ["FAILING"] = failing };
        return Programs.Run("/bin/sh", ["-c", Try, "sh", missing], folder: Repository.PathOf("."), environment: environment).Expect(
            0).Output;
    }
}
