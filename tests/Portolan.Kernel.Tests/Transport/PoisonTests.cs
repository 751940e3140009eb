namespace Portolan.Kernel.Tests.Transport;

/// <summary>
/// The tests of the stack beside the kernel see memory that was given back filled with poison, as those without the kernel do.
/// </summary>
public sealed class PoisonTests
{
    [Fact]
    public void Freed_memory_is_poisoned() =>
        Assert.True(AppContext.TryGetSwitch("Portolan.Transport.PoisonFreedMemory", out var isOn) && isOn);
}
