namespace Portolan.Kernel.Tests.Support;

/// <summary>
/// Tests that ask what the kernel says right after a socket was closed run alone, after all others: a program that a test beside them just
/// starts has copies of all descriptors of this process until it is executed, and what is closed here stays open until then.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    /// <summary>Of the collection.</summary>
    public const string Name = "alone";
}
