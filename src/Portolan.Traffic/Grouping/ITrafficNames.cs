using Portolan.Sockets.Owners;

namespace Portolan.Traffic.Grouping;

/// <summary>Where the names of what is counted come from.</summary>
public interface ITrafficNames
{
    /// <summary>What is known of a process, also of one that is gone; <c>null</c> where that is nothing.</summary>
    /// <param name="processId">Its number.</param>
    /// <param name="share">What its calls left, where there were any.</param>
    ProcessInfo? Process(int processId, ProcessShare? share);

    /// <summary>The name of a user, or its number.</summary>
    string User(uint userId);

    /// <summary>The interface that a flow of the own namespace passes; <c>null</c> where that is not known.</summary>
    string? Interface(TrafficFlow flow);
}
