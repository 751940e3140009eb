using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary><c>portolan lab run --allow-exec</c>: ports that run programs, of the built programs.</summary>
public sealed class LabExecTests
{
    private const string Topology =
        """
        networks: { office: 198.18.0.0/24 }
        hosts:
          tools:
            address: 198.18.0.10
            ports:
              80: { exec: [sh, -c, "echo $(id -u) $PORTOLAN_LOCAL; cat"] }

        """;

    [Fact]
    public void A_client_speaks_with_the_program_again_and_again()
    {
        Programs.Find("bash", "/bin/bash");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["exec.yaml"], Topology);
        const string Talk = "for i in 1 2 3; do exec 3<>/dev/tcp/198.18.0.10/80; echo word $i >&3; head -n 2 <&3; exec 3>&-; done";
        var result = PortolanProgram.Run("lab", "run", "--allow-exec", folder["exec.yaml"], "--", "/bin/bash", "-c", Talk).Expect(0);
        Assert.Equal("0 198.18.0.10:80\nword 1\n0 198.18.0.10:80\nword 2\n0 198.18.0.10:80\nword 3\n", result.Output);
    }

    [Fact]
    public void Unasked_nothing_is_run_and_the_error_names_the_option()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["exec.yaml"], Topology);
        var result = PortolanProgram.Run("lab", "run", folder["exec.yaml"], "--", "/bin/echo", "ran").Expect(2);
        Assert.Equal("", result.Output);
        Assert.Contains("hint: if you trust the file, give --allow-exec", result.Error, StringComparison.Ordinal);
    }
}
