using Portolan.Kernel.Tests.Support;
using Portolan.Kernel.Tests.Transport;
using Portolan.Tests.Lab.Services;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>Runs other people's clients in the namespace of a test.</summary>
internal static class ClientRuns
{
    internal static string Authority(ServiceWorld world, ScratchFolder folder)
    {
        var path = folder.PathOf("authority.pem");
        File.WriteAllText(path, world.Authority.AuthorityPem);
        return path;
    }

    internal static string Netcat(TunLab lab, string input, params string[] arguments)
    {
        var (output, error, exit) = lab.Host.Execute(Tool.Find("nc"), input, arguments);
        Assert.True(exit == 0, error);
        return output;
    }

    internal static string Run(TunLab lab, string program, params string[] arguments)
    {
        var (output, error, exit) = lab.Host.Execute(Tool.Find(program), null, arguments);
        Assert.True(exit == 0, $"{program} ended with {exit}: {error}{output}");
        return output;
    }
}
