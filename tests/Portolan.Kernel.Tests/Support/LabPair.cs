using Portolan.Linux.Namespaces;

namespace Portolan.Kernel.Tests.Support;

/// <summary>A scanner at 198.18.0.1 and 2001:db8::1, and a target at .2 and ::2 on one cable (<c>scan0</c>, <c>eth0</c>).</summary>
internal sealed class LabPair : IDisposable
{
    private LabPair()
    {
        LabHost.Connect(Scanner, "scan0", Target, "eth0");
        Scanner.Address("scan0", "198.18.0.1/24");
        Scanner.Address("scan0", "2001:db8::1/64");
        Target.Address("eth0", "198.18.0.2/24");
        Target.Address("eth0", "2001:db8::2/64");
    }

    public LabHost Scanner { get; } = new();

    public LabHost Target { get; } = new();

    /// <summary>Skips the test where namespaces are not allowed, or the programs that set them up are not installed.</summary>
    public static LabPair Create()
    {
        Tool.Find("ip");
        Tool.Find("nft");
        try
        {
            return new LabPair();
        }
        catch (NetworkNamespaceException exception) when (exception.IsPermission)
        {
            Assert.Skip("needs CAP_SYS_ADMIN to make a network namespace: run as root");
            throw;
        }
    }

    public void Dispose()
    {
        Scanner.Dispose();
        Target.Dispose();
    }
}
