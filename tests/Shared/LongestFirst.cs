using System.Reflection;
using Portolan.Tests.Support;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Portolan.Tests.Support;

/// <summary>
/// The classes of a test program that take longest, the longest first. They begin before the others: the last of them would otherwise run
/// alone at the end.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class BeginWithAttribute(params Type[] classes) : Attribute
{
    /// <summary>In this order.</summary>
    public IReadOnlyList<string?> Classes { get; } = [.. classes.Select(static type => type.FullName)];
}

/// <summary>The order of the classes of a program: those of <see cref="BeginWithAttribute"/>, then the rest.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private readonly IReadOnlyList<string?> _first =
        typeof(LongestFirst).Assembly.GetCustomAttribute<BeginWithAttribute>()?.Classes ?? [];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(Place).ThenBy(static collection => collection.UniqueID, StringComparer.Ordinal)];

    /// <summary>A collection that is one class has the class's name in its own.</summary>
    private int Place<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection
    {
        var words = collection.TestCollectionDisplayName.Split(' ');
        for (var place = 0; place < _first.Count; place++)
        {
            if (words.Contains(_first[place], StringComparer.Ordinal))
            {
                return place;
            }
        }

        return _first.Count;
    }
}
