using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Tests.Sockets.Stopping;

public sealed class ManagerConfirmationTests
{
    private const string Group = "/system.slice/ssh.service";

    [Theory]
    [InlineData("MainPID=812\nId=ssh.service\nLoadState=loaded\nControlGroup=/system.slice/ssh.service\n", true, 812)]
    [InlineData("MainPID=0\nId=ssh.service\nLoadState=loaded\nControlGroup=/system.slice/ssh.service\n", true, 0)]
    [InlineData("MainPID=0\nId=ssh.service\nLoadState=not-found\nControlGroup=\n", false, 0)]
    [InlineData("MainPID=812\nId=sshd.service\nLoadState=loaded\nControlGroup=/system.slice/ssh.service\n", false, 812)]
    [InlineData("MainPID=812\nId=ssh.service\nLoadState=loaded\nControlGroup=/system.slice/ssh.service/x\n", false, 812)]
    [InlineData("MainPID=812\nId=ssh.service\nLoadState=loaded\n", false, 812)]
    [InlineData("", false, 0)]
    public void Systemd_confirms_a_unit_by_its_name_and_its_group(string shown, bool isConfirmed, int mainPid)
    {
        Assert.Equal(isConfirmed, ManagerConfirmation.TryJudge(shown, "ssh.service", Group, out var main));
        Assert.Equal(mainPid, main);
    }

    [Theory]
    [InlineData("{\"Id\":\"abc\",\"State\":{\"Status\":\"running\",\"Pid\":4112}}", 4112)]
    [InlineData("{\"Id\":\"abd\",\"State\":{\"Pid\":4112}}", null)]
    [InlineData("{\"Id\":\"abc\",\"State\":{\"Pid\":0}}", null)]
    [InlineData("{\"Id\":\"abc\",\"State\":{\"Pid\":\"4112\"}}", null)]
    [InlineData("{\"Id\":\"abc\",\"State\":4112}", null)]
    [InlineData("[]", null)]
    [InlineData("{", null)]
    [InlineData("", null)]
    public void A_runtime_confirms_a_container_by_its_first_process(string answer, int? pid) =>
        Assert.Equal(pid, RuntimeContainer.ReadFirstProcess(System.Text.Encoding.UTF8.GetBytes(answer), "abc"));
}
